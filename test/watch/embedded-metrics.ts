// Lines as CloudWatch reads them: held against its own schema, and taken apart into values of metrics.
import { Ajv } from 'ajv'
import { array, looseObject, number, parse, record, string, tuple, union, unknown } from 'valibot'

const text = (maxLength: number) => ({ type: 'string', minLength: 1, maxLength })

const units =
  'Seconds|Microseconds|Milliseconds|Bytes|Kilobytes|Megabytes|Gigabytes|Terabytes|Bits|Kilobits|Megabits|' +
  'Gigabits|Terabits|Percent|Count|Bytes/Second|Kilobytes/Second|Megabytes/Second|Gigabytes/Second|' +
  'Terabytes/Second|Bits/Second|Kilobits/Second|Megabits/Second|Gigabits/Second|Terabits/Second|Count/Second|None'

/**
 * The schema of AWS's specification, which lets through more than it says; `additionalProperties` is what it says:
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
const schema = {
  type: 'object',
  required: ['_aws'],
  properties: {
    _aws: {
      type: 'object',
      required: ['Timestamp', 'CloudWatchMetrics'],
      additionalProperties: false,
      properties: {
        Timestamp: { type: 'integer' },
        CloudWatchMetrics: {
          type: 'array',
          items: {
            type: 'object',
            required: ['Namespace', 'Dimensions', 'Metrics'],
            additionalProperties: false,
            properties: {
              Namespace: text(1024),
              Dimensions: {
                type: 'array',
                minItems: 1,
                items: { type: 'array', minItems: 0, maxItems: 30, items: text(250) },
              },
              Metrics: {
                type: 'array',
                maxItems: 100,
                items: {
                  type: 'object',
                  required: ['Name'],
                  additionalProperties: false,
                  properties: {
                    Name: text(1024),
                    Unit: { type: 'string', pattern: `^(${units})$` },
                    StorageResolution: { type: 'integer' },
                  },
                },
              },
            },
          },
        },
      },
    },
  },
}

const isOfSchema = new Ajv().compile(schema)

const metadata = looseObject({
  Timestamp: number(),
  CloudWatchMetrics: array(
    looseObject({
      Namespace: string(),
      Dimensions: tuple([array(string())]),
      Metrics: array(looseObject({ Name: string() })),
    }),
  ),
})

export type Sample = {
  readonly namespace: string
  readonly metric: string
  readonly dimensions: Readonly<Record<string, string>>
  readonly values: readonly number[]
  readonly atMs: number
}

/** What CloudWatch makes of a line; throws for one of whose metrics it would make nothing. */
export const samplesOf = (line: string): readonly Sample[] => {
  const root = parse(record(string(), unknown()), JSON.parse(line))
  if (!('_aws' in root)) return []
  if (!isOfSchema(root)) throw new Error(`not of the schema: ${JSON.stringify(isOfSchema.errors)}`)
  const { Timestamp, CloudWatchMetrics } = parse(metadata, root['_aws'])
  return CloudWatchMetrics.flatMap(({ Namespace, Dimensions: [names], Metrics }) =>
    Metrics.map(({ Name }) => ({
      namespace: Namespace,
      metric: Name,
      dimensions: Object.fromEntries(names.map((name) => [name, dimensionOf(root[name])])),
      values: valuesOf(root[Name]),
      atMs: Timestamp,
    })),
  )
}

/** A target member must be there, and a text of at most 1,024 characters. */
const dimensionOf = (value: unknown): string => {
  const found = parse(string(), value)
  if (found === '' || found.length > 1024) throw new Error('no value of a dimension')
  return found
}

const valuesOf = (value: unknown): readonly number[] => {
  const found = [parse(union([number(), array(number())]), value)].flat()
  if (found.length === 0 || found.length > 100) throw new Error('1 to 100 values are read')
  return found
}
