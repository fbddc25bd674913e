// Alarms as resources of CloudFormation, and the topic that they write to.
import type { AlarmSettings } from '../../lib/config/alarms.ts'
import { tableNameOf } from '../stage-names.ts'
import type { Alarm } from './alarms.ts'
import type { Metric } from './metrics.ts'

export type Resource = {
  readonly Type: string
  readonly Properties: Readonly<Record<string, unknown>>
}
export type Resources = Readonly<Record<string, Resource>>

export const alarmNameOf = (stage: string, { id }: Pick<Alarm, 'id'>): string =>
  `${tableNameOf(stage)}-${id}`

export const alarmResources = (
  stage: string,
  alarms: readonly Alarm[],
  settings: AlarmSettings,
): Resources => ({
  ...(settings.email === null ? {} : topicResources(stage, settings.email)),
  ...Object.fromEntries(
    alarms.map((alarm) => [
      logicalIdOf(alarm.id),
      alarmResource(stage, alarm, settings.topic_arn ?? { Ref: 'AlarmTopic' }),
    ]),
  ),
})

const logicalIdOf = (id: string): string =>
  `Alarm${id.replaceAll(/(?:^|-)(.)/g, (_, letter: string) => letter.toUpperCase())}`

const operators = {
  above: 'GreaterThanThreshold',
  from: 'GreaterThanOrEqualToThreshold',
  below: 'LessThanThreshold',
} as const

const alarmResource = (stage: string, alarm: Alarm, topic: unknown): Resource => ({
  Type: 'AWS::CloudWatch::Alarm',
  Properties: {
    AlarmName: alarmNameOf(stage, alarm),
    AlarmDescription: `${alarm.text} What to do: docs/operations.md#${alarm.id}`,
    AlarmActions: [topic],
    OKActions: [topic],
    ...watchedOf(alarm),
    EvaluationPeriods: 1,
    ComparisonOperator: operators[alarm.goesOff],
    Threshold: alarm.threshold,
    TreatMissingData: alarm.silence === 'bad' ? 'breaching' : 'notBreaching',
  },
})

const watchedOf = ({ metrics, expression, periodSeconds }: Alarm) => {
  const entries = Object.entries(metrics)
  const [first] = entries
  if (expression === undefined && first) {
    const [, metric] = first
    return { ...nameOf(metric), Statistic: metric.statistic, Period: periodSeconds }
  }
  return {
    Metrics: [
      ...entries.map(([id, metric]) => ({
        Id: id,
        MetricStat: { Metric: nameOf(metric), Stat: metric.statistic, Period: periodSeconds },
        ReturnData: false,
      })),
      { Id: 'result', Expression: expression, ReturnData: true },
    ],
  }
}

const nameOf = ({ namespace, name, dimensions }: Metric) => ({
  Namespace: namespace,
  MetricName: name,
  Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
})

/**
 * Not encrypted at rest: SNS's own key is closed to CloudWatch, and a key of ours would cost $1 a month for texts that
 * hold no secret and go out as plain mail. Who must encrypt names a topic of his own.
 */
const topicResources = (stage: string, email: string): Resources => ({
  AlarmTopic: {
    Type: 'AWS::SNS::Topic',
    Properties: {
      TopicName: `${tableNameOf(stage)}-alarms`,
      Subscription: [{ Protocol: 'email', Endpoint: email }],
    },
  },
  AlarmTopicPolicy: {
    Type: 'AWS::SNS::TopicPolicy',
    Properties: {
      Topics: [{ Ref: 'AlarmTopic' }],
      PolicyDocument: {
        Version: '2012-10-17',
        Statement: [
          {
            Sid: 'AlarmsPublish',
            Effect: 'Allow',
            Principal: { Service: 'cloudwatch.amazonaws.com' },
            Action: 'sns:Publish',
            Resource: { Ref: 'AlarmTopic' },
            Condition: {
              StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } },
              ArnLike: {
                'aws:SourceArn': {
                  'Fn::Sub': `arn:\${AWS::Partition}:cloudwatch:\${AWS::Region}:\${AWS::AccountId}:alarm:${tableNameOf(stage)}-*`,
                },
              },
            },
          },
        ],
      },
    },
  },
})
