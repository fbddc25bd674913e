// Who can sign in on this machine. Their roles are those of tenants/local.yml.

export type Person = {
  readonly sub: string
  readonly given_name: string
  readonly family_name: string
  readonly role: string
  readonly region: string
}

export const roles: readonly string[] = ['analyst', 'viewer']

/** Who may see and end sessions; they have no dashboards. */
export const administrators: readonly Person[] = [
  { sub: 'joan', given_name: 'Joan', family_name: 'Clarke', role: 'administrator', region: 'EMEA' },
]

export const people: readonly Person[] = [
  {
    sub: 'ada',
    given_name: 'Ada',
    family_name: 'Lovelace',
    role: 'analyst',
    region: 'EMEA',
  },
  {
    sub: 'grace',
    given_name: 'Grace',
    family_name: 'Hopper',
    role: 'analyst',
    region: 'AMER',
  },
  {
    sub: 'chien',
    given_name: 'Chien-Shiung',
    family_name: 'Wu',
    role: 'viewer',
    region: 'APAC',
  },
  {
    sub: 'emmy',
    given_name: 'Emmy',
    family_name: 'Noether',
    role: 'viewer',
    region: 'EMEA',
  },
]
