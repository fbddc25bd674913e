// The brokers of functions for embed sessions, composed on the same base as that of tokens (broker.ts).
import {
  clientOf,
  createBase,
  embedBaseFromEnvironment,
  lookerOptions,
  once,
  ownerOf,
} from './broker.ts'
import type { Base, EmbedServices, Stage } from './broker.ts'
import type { EmbedSettings } from './config/embed.ts'
import { everything } from './embed/composition.ts'
import type { Composition } from './embed/composition.ts'
import type { EmbedParts } from './embed/parts.ts'
import type { EmbedService } from './embed/service.ts'
import type { Claims } from './identity/claims.ts'
import type { Visitor } from './identity/embed-caller.ts'
import { createVisitorOf } from './identity/embed-user.ts'
import { createLookerEmbedClient } from './looker/embed-client.ts'

type Call = keyof EmbedService

/** What a tenant that embeds has. */
export type EmbedDesk<K extends Call = Call> = {
  readonly settings: EmbedSettings
  readonly service: Pick<EmbedService, K>
  /** Errors: `unauthenticated`, `forbidden` for a user without a role. */
  readonly visitorOf: (claims: Claims) => Visitor
}

export type EmbedBroker<K extends Call = Call> = Base & {
  readonly embed: EmbedDesk<K> | undefined
}

export const createEmbedBroker = (stage: Stage, services: EmbedServices): EmbedBroker =>
  withEmbed(createBase(stage, services), services, everything)

/** A broker that embeds besides, where its tenant does. */
export const withEmbed = <B extends Base, K extends Call>(
  base: B,
  services: EmbedServices,
  composition: Composition<K>,
): B & EmbedBroker<K> => {
  const { embed: settings, identity } = base.tenant
  if (!settings || !identity) return { ...base, embed: undefined }
  const service = composition[settings.store](embedParts(base, services, settings))
  const visitorOf = createVisitorOf({ identity, embed: settings })
  return { ...base, embed: { settings, service, visitorOf } }
}

const embedParts = (base: Base, services: EmbedServices, settings: EmbedSettings): EmbedParts => ({
  store: services.sessions,
  sealer: base.sealer,
  getToken: base.getToken,
  service: { ...clientOf(base.tenant), workspace: 'production' },
  looker: createLookerEmbedClient(lookerOptions(base.tenant, services)),
  clock: services.clock,
  chance: services.chance,
  newOwner: ownerOf(services),
  report: services.report,
  sessionsPerUser: settings.sessions_per_user,
})

/** The broker of a deployed function of embed sessions. Errors of the call: `misconfigured`. */
export const embedBrokerFromEnvironment = <K extends Call>(
  composition: Composition<K>,
): (() => EmbedBroker<K>) =>
  once(() => {
    const { base, services } = embedBaseFromEnvironment()
    return withEmbed(base, services, composition)
  })
