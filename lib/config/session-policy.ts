// stub
export type SessionPolicySettings = {
  readonly session_duration: number
  readonly max_lifetime: number
  readonly persistent_sessions: boolean
  readonly inactivity_logout: boolean
  readonly concurrent_sessions: boolean
  readonly session_location: boolean
}
