// The CloudFormation template that packaging writes, as far as the tests look at it.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  array,
  is,
  literal,
  looseObject,
  object,
  optional,
  parse,
  record,
  strictObject,
  string,
  tuple,
  union,
  unknown,
} from 'valibot'
import type { InferOutput } from 'valibot'

const resource = looseObject({
  Type: string(),
  Properties: optional(record(string(), unknown()), {}),
  DependsOn: optional(unknown()),
})

const template = object({
  Conditions: record(string(), object({ 'Fn::Equals': tuple([string(), string()]) })),
  Resources: record(string(), resource),
  Outputs: record(string(), looseObject({ Value: unknown() })),
})

export type Template = InferOutput<typeof template>

export const readTemplate = (folder: string): Template => {
  const file = join(folder, '.serverless/cloudformation-template-update-stack.json')
  return parse(template, JSON.parse(readFileSync(file, 'utf8')))
}

const statement = record(string(), unknown())
const conditional = strictObject({
  'Fn::If': tuple([string(), statement, strictObject({ Ref: literal('AWS::NoValue') })]),
})
const policyDocument = object({
  Version: string(),
  Statement: array(union([conditional, statement])),
})

export type Statement = Readonly<Record<string, unknown>>

/** Statements of a document at `Properties[key]` of a resource, as the template's conditions leave them. */
export const statementsOf = (from: Template, name: string, key: string): readonly Statement[] =>
  parse(policyDocument, from.Resources[name]?.Properties[key]).Statement.flatMap((one) => {
    if (!is(conditional, one)) return [one]
    const [condition, then] = one['Fn::If']
    return holds(from, condition) ? [then] : []
  })

const holds = ({ Conditions }: Template, name: string): boolean => {
  const condition = Conditions[name]
  if (!condition) throw new Error(`The template has no condition ${name}`)
  const [one, other] = condition['Fn::Equals']
  return one === other
}

export const namesOfType = (from: Template, type: string): readonly string[] =>
  Object.keys(from.Resources).filter((name) => from.Resources[name]?.Type === type)

/** Names that a value refers to by Ref, Fn::GetAtt or Fn::Sub, at any depth. */
export const referencesIn = (value: unknown): readonly string[] => {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]): readonly string[] => {
    if (key === 'Ref' && typeof inner === 'string') return [inner]
    if (key === 'Fn::GetAtt') return [String([inner].flat()[0]).split('.')[0] ?? '']
    if (key === 'Fn::Sub') return [...namesInText([inner].flat()[0]), ...referencesIn(inner)]
    return referencesIn(inner)
  })
}

/** `${Name}` and `${Name.Arn}`, but not `${!Literal}`. Names of its own map are not told apart: there are none. */
const namesInText = (text: unknown): readonly string[] =>
  [...String(text).matchAll(/\$\{([A-Za-z0-9:]+)(?:\.[^}]*)?\}/g)].map(([, name = '']) => name)

export const dependenciesOf = (from: Template, name: string): readonly string[] => {
  const { Properties, DependsOn } = from.Resources[name] ?? {}
  return [...referencesIn(Properties), ...[DependsOn ?? []].flat(2).map(String)]
}

/** The names along one circle of references, or nothing. */
export const cycleIn = (from: Template): readonly string[] => {
  const done = new Set<string>()
  const visit = (name: string, path: readonly string[]): readonly string[] => {
    if (path.includes(name)) return [...path.slice(path.indexOf(name)), name]
    const found = from.Resources[name]
    if (found === undefined || done.has(name)) return []
    const circle = dependenciesOf(from, name).flatMap((other) => visit(other, [...path, name]))
    done.add(name)
    return circle
  }
  return Object.keys(from.Resources).flatMap((name) => visit(name, []))
}

/** Everything that must be there before it. */
export const before = (from: Template, name: string): ReadonlySet<string> => {
  const found = new Set<string>()
  const visit = (one: string): void => {
    for (const next of dependenciesOf(from, one)) {
      if (found.has(next)) continue
      found.add(next)
      visit(next)
    }
  }
  visit(name)
  return found
}
