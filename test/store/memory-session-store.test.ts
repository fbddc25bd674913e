import { createMemorySessionStore } from '../../lib/store/memory-session-store.ts'
import { describeSessionStore } from '../contracts/session-store.ts'

describeSessionStore('in memory', async () => createMemorySessionStore())
