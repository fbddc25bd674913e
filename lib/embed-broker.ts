// The brokers of functions for embed sessions, composed on the same base as that of tokens (broker.ts).
import {
  clientOf,
  createBase,
  embedBaseFromEnvironment,
  lookerOptions,
  once,
  ownerOf,
  settingsOf,
} from './broker.ts'
import type { Base, EmbedServices, Stage } from './broker.ts'
import type { EmbedSettings } from './config/embed.ts'
import { createAdministration } from './embed/administration.ts'
import type { Administration } from './embed/administration.ts'
import { everything } from './embed/composition.ts'
import type { Composition } from './embed/composition.ts'
import type { EmbedParts } from './embed/parts.ts'
import type { EmbedService } from './embed/service.ts'
import { createRevokeSessions } from './embed/revocation.ts'
import type { RevokeSessions } from './embed/revocation.ts'
import { createSweepDue } from './embed/sweep.ts'
import type { SweepDue } from './embed/sweep.ts'
import type { Claims } from './identity/claims.ts'
import type { Visitor } from './identity/embed-caller.ts'
import { createVisitorOf } from './identity/embed-user.ts'
import { createLookerClient } from './looker/client.ts'
import { createLookerEmbedClient } from './looker/embed-client.ts'
import { createRevokeTokens } from './tokens/revocation.ts'
import type { RevokeTokens } from './tokens/revocation.ts'

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

/** Of the scheduled run for embed sessions. */
export type SweepBroker = Base & { readonly sweepDue: SweepDue | undefined }

/** For who sees and ends sessions. */
export type AdminBroker = Base & { readonly administration: Administration | undefined }

/** For the operator, after an incident. */
export type RevocationBroker = Base & {
  readonly revokeTokens: RevokeTokens
  /** Undefined where the table keeps no sessions. */
  readonly revokeSessions: RevokeSessions | undefined
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

export const withSweep = <B extends Base>(base: B, services: EmbedServices): B & SweepBroker => {
  const { embed } = base.tenant
  const keeps = embed?.store === 'server'
  return {
    ...base,
    sweepDue: keeps ? createSweepDue(embedParts(base, services, embed)) : undefined,
  }
}

export const withAdministration = <B extends Base>(
  base: B,
  services: EmbedServices,
): B & AdminBroker => {
  const { embed, admin } = base.tenant
  const has = admin && embed?.store === 'server'
  return {
    ...base,
    administration: has ? createAdministration(embedParts(base, services, embed)) : undefined,
  }
}

export const withRevocation = <B extends Base>(
  base: B,
  services: EmbedServices,
): B & RevocationBroker => {
  const { sealer, tenant } = base
  const { store, clock, report } = services
  const { instance } = clientOf(tenant)
  const looker = createLookerClient(lookerOptions(tenant, services))
  const settings = settingsOf(tenant)
  const parts = { store, sealer, looker, instance, clock, report, settings }
  const keeps = tenant.embed?.store === 'server' ? tenant.embed : undefined
  return {
    ...base,
    revokeTokens: createRevokeTokens(parts),
    revokeSessions: keeps && createRevokeSessions(embedParts(base, services, keeps)),
  }
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
  policy: settings.session_policy,
})

const fromEnvironment = <B>(compose: (base: Base, services: EmbedServices) => B): (() => B) =>
  once(() => {
    const { base, services } = embedBaseFromEnvironment()
    return compose(base, services)
  })

/** The broker of a deployed function of embed sessions. Errors of the call: `misconfigured`. */
export const embedBrokerFromEnvironment = <K extends Call>(
  composition: Composition<K>,
): (() => EmbedBroker<K>) =>
  fromEnvironment((base, services) => withEmbed(base, services, composition))

/** Of the scheduled function for embed sessions. Errors of the call: `misconfigured`. */
export const sweepBrokerFromEnvironment: () => SweepBroker =
  /* @__PURE__ */ fromEnvironment(withSweep)

/** Of the administrators' function. Errors of the call: `misconfigured`. */
export const adminBrokerFromEnvironment: () => AdminBroker =
  /* @__PURE__ */ fromEnvironment(withAdministration)

/** Of the function that revokes everything. Errors of the call: `misconfigured`. */
export const revocationBrokerFromEnvironment: () => RevocationBroker =
  /* @__PURE__ */ fromEnvironment(withRevocation)
