// With another PORT the demo page and its identity provider have another origin than the one that
// tenants/local.yml names; what is served on this machine then moves along.
import type { Tenant } from '../lib/config.ts'
import { portsOf, secureLocalhost } from './addresses.ts'
import type { Authorizer, Service } from './serverless-config.ts'

/** Page and issuer as tenants/local.yml names them. */
const namedOrigin = secureLocalhost(portsOf({}).demo)

/** Origins and issuer of the demo page become `origin`; all others stay. */
export const movedTo = (
  origin: string,
  { service, tenant }: { readonly service: Service; readonly tenant: Tenant },
): { readonly service: Service; readonly tenant: Tenant } => {
  const moved = (text: string): string => (text === namedOrigin ? origin : text)
  const { cors } = service
  return {
    tenant: {
      ...tenant,
      origins: tenant.origins.map(moved),
      identity: identityOf(tenant, moved),
      admin: adminOf(tenant, moved),
    },
    service: {
      ...service,
      ...(cors === undefined ? {} : { cors: { ...cors, origins: cors.origins.map(moved) } }),
      routes: service.routes.map(({ authorizer, ...route }) =>
        authorizer === undefined ? route : { ...route, authorizer: withIssuer(authorizer, moved) },
      ),
    },
  }
}

const withIssuer = (authorizer: Authorizer, moved: (text: string) => string): Authorizer =>
  authorizer.kind === 'jwt' ? { ...authorizer, issuer: moved(authorizer.issuer) } : authorizer

const identityOf = ({ identity }: Tenant, moved: (text: string) => string): Tenant['identity'] =>
  identity?.jwt
    ? { ...identity, jwt: { ...identity.jwt, issuer: moved(identity.jwt.issuer) } }
    : identity

const adminOf = ({ admin }: Tenant, moved: (text: string) => string): Tenant['admin'] =>
  admin && {
    ...admin,
    jwt: admin.jwt && { ...admin.jwt, issuer: moved(admin.jwt.issuer) },
    origins: admin.origins.map(moved),
  }
