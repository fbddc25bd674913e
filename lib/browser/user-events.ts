// Events of the Embed SDK that stand for somebody using the frame: the page cannot see into it.
// Not among them: what tells of the session, of the frame's surroundings, or that something is done loading.

export const userEvents = [
  'page:changed',
  'dashboard:run:start',
  'dashboard:filters:changed',
  'dashboard:edit:start',
  'dashboard:edit:cancel',
  'dashboard:save:complete',
  'dashboard:delete:complete',
  'dashboard:tile:download',
  'dashboard:tile:explore',
  'dashboard:tile:view',
  'drillmenu:click',
  'drillmodal:download',
  'drillmodal:explore',
  'explore:run:start',
  'explore:state:changed',
  'look:run:start',
  'look:state:changed',
  'look:edit:start',
  'look:edit:cancel',
  'look:save:complete',
  'look:delete:complete',
] as const

export type UserEvent = (typeof userEvents)[number]

/** The first of each comes with the frame itself, which may have been mounted again by nobody's hand. */
export const openingEvents: readonly UserEvent[] = [
  'page:changed',
  'dashboard:run:start',
  'explore:run:start',
  'explore:state:changed',
  'look:run:start',
  'look:state:changed',
]
