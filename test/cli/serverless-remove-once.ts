// Removes the stack of the stage that is named, as `npm run tenant:remove` does.
import { serverlessRemove } from '../../cli/serverless-remove.ts'
import { root } from '../local/processes.ts'

await serverlessRemove(root, { stage: process.argv[2] ?? '', region: 'eu-central-1' })
