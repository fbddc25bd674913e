// Embed sessions whose reference tokens are kept sealed in the table (`store: server`).
import { createAcquire } from './acquire.ts'
import { createEnd } from './end.ts'
import { createGenerate } from './generate.ts'
import { createLengthen } from './lengthen.ts'
import type { EmbedParts } from './parts.ts'
import type { EmbedService } from './service.ts'
import { createState } from './state.ts'
import { createTableKeeper } from './table-keeper.ts'

export const createServerSessions = (parts: EmbedParts): EmbedService => ({
  acquire: createAcquire(parts),
  generate: createGenerate(parts, createTableKeeper(parts)),
  state: createState(parts),
  ...createLengthen(parts),
  end: createEnd(parts),
})
