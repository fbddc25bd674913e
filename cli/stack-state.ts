// What can be done with a stack in each of CloudFormation's states:
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html. Pure.

/**
 * `busy`: ends by itself. `empty`: never made, which it never will be by itself. `stuck`: of a first deploy that
 * failed, or of an earlier removal. `halted`: can be removed, and not deployed. `whole`: runs, of whatever version.
 */
export type StackState = 'busy' | 'empty' | 'stuck' | 'halted' | 'whole'

/** `status`: as CloudFormation tells it. */
export const stackStateOf = (status: string): StackState => {
  // A change set that would have made it was not executed.
  if (status === 'REVIEW_IN_PROGRESS') return 'empty'
  if (status.endsWith('_IN_PROGRESS')) return 'busy'
  if (/^(CREATE_FAILED|ROLLBACK_FAILED|ROLLBACK_COMPLETE|DELETE_FAILED)$/.test(status))
    return 'stuck'
  return /^(UPDATE|IMPORT)_ROLLBACK_FAILED$/.test(status) ? 'halted' : 'whole'
}
