// What may be the options of tokens by invocation. Pure.
import * as v from 'valibot'
import { parsed } from './token-request.ts'

/** The function that is invoked. */
export type Target = {
  readonly functionName: string
  /** Undefined: as the AWS SDK finds it. */
  readonly region: string | undefined
}

/**
 * A name, a partial ARN or an ARN, each with or without an alias or version.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
 */
const written =
  /^(?:(?:arn:aws[a-z-]*:lambda:(?<region>[a-z\d-]+):)?\d{12}:function:)?(?<name>[\w-]{1,64})(?::(?:\$LATEST|[\w-]{1,128}))?$/

const longest = 170

const fields = v.pipe(
  v.objectWithRest(
    {
      functionName: v.pipe(
        v.string('write the name or ARN of the direct function'),
        v.check(
          (name) => name.length <= longest && written.test(name),
          'write the name or ARN of a Lambda function, at most 170 characters',
        ),
        v.check(
          (name) => !isHttpTwin(name),
          'this is the function of the HTTP API; the one to invoke ends in issueApiTokenDirect',
        ),
      ),
      region: v.optional(
        v.pipe(
          v.string('write a text'),
          v.regex(/^[a-z]{2,5}(-[a-z\d]+){1,4}$/, 'write a region, as eu-central-1'),
        ),
      ),
    },
    v.never('is no option; there are functionName and region'),
    'write an object with functionName',
  ),
  v.forward(
    v.partialCheck(
      [['functionName'], ['region']],
      ({ functionName, region }) =>
        region === undefined || (regionOf(functionName) ?? region) === region,
      'is not the region of the ARN in functionName',
    ),
    ['region'],
  ),
)

/** An ARN brings its region. Errors: `TokenError` `invalid-options`, naming every mistake. */
export const parseFunctionOptions = (unverified: unknown): Target => {
  const { functionName, region } = parsed('invalid-options', fields, unverified)
  return { functionName, region: region ?? regionOf(functionName) }
}

const isHttpTwin = (name: string): boolean =>
  written.exec(name)?.groups?.['name']?.endsWith('issueApiToken') === true

const regionOf = (name: string): string | undefined => written.exec(name)?.groups?.['region']
