// Schema of the tenant file's section `alarms`.
import { nullable, optional } from 'valibot'
import { about, mapping, text, whole } from './schema.ts'

export const alarmsSection = () =>
  mapping({
    email: optional(
      about(
        'Whom alarms tell: the stage makes a topic, and SNS sends this address a link to confirm once. Exactly one of `email` and `topic_arn`. Without `alarms` there are no alarms.',
        nullable(email()),
      ),
      null,
    ),
    topic_arn: optional(
      about(
        'Or an existing topic of SNS that lets CloudWatch publish to it.',
        nullable(topic()),
        "the ARN of a standard SNS topic in the stage's region, or `null`",
      ),
      null,
    ),
    logins_per_hour: optional(
      about(
        'More logins than this in an hour are an alarm. What is usual: [operations](operations.md#too-many-logins).',
        whole(1, 100_000, 'logins'),
      ),
      100,
    ),
  })

const email = () =>
  text(
    /^[\w.!#$%&'*+/=?^`{|}~-]{1,64}@([a-z0-9-]{1,63}\.){1,8}[a-z][a-z0-9-]{1,62}$/i,
    'one address, as oncall@acme.example',
  )

/** Alarms cannot write to topics that keep an order (`.fifo`). */
const topic = () =>
  text(/^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[\w-]{1,256}$/, 'the ARN of a standard SNS topic')
