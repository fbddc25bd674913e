// The tenant file's section `alarms`, as a type: whom the stage's alarms tell, and from where on.

/** Exactly one of `email` and `topic_arn`. */
export type AlarmSettings = {
  /** The stage makes a topic, and its subscriber confirms once. */
  readonly email: string | null
  /** An existing topic of SNS, in the stage's region. */
  readonly topic_arn: string | null
  /** More logins than this in an hour are an alarm. 1 to 100,000, default 100. */
  readonly logins_per_hour: number
}
