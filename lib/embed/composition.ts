// Which of the calls for embed sessions a function answers: a bundle holds only its own.
import { createAcquire } from './acquire.ts'
import { createClientAcquire } from './client-acquire.ts'
import { clientRecordsOf } from './client-record.ts'
import {
  createClientEnd,
  createClientGenerate,
  createClientSessions,
  createClientState,
} from './client-sessions.ts'
import type { ClientParts } from './client-sessions.ts'
import { createEnd } from './end.ts'
import { createGenerate } from './generate.ts'
import type { EmbedParts } from './parts.ts'
import { createServerSessions } from './server-sessions.ts'
import type { EmbedService } from './service.ts'
import { createState } from './state.ts'
import { createTableKeeper } from './table-keeper.ts'

/** By where the tenant keeps its sessions. */
export type Composition<K extends keyof EmbedService = keyof EmbedService> = {
  readonly server: (parts: EmbedParts) => Pick<EmbedService, K>
  readonly client: (parts: ClientParts) => Pick<EmbedService, K>
}

export const acquiring: Composition<'acquire'> = {
  server: (parts) => ({ acquire: createAcquire(parts) }),
  client: (parts) => ({ acquire: createClientAcquire(parts, clientRecordsOf(parts)) }),
}

export const generating: Composition<'generate'> = {
  server: (parts) => ({ generate: createGenerate(parts, createTableKeeper(parts)) }),
  client: (parts) => ({ generate: createClientGenerate(parts) }),
}

export const keeping: Composition<'state' | 'end'> = {
  server: (parts) => ({
    state: createState(parts),
    end: createEnd(parts),
  }),
  client: (parts) => ({
    state: createClientState(parts),
    end: createClientEnd(parts),
  }),
}

export const everything: Composition = {
  server: createServerSessions,
  client: createClientSessions,
}
