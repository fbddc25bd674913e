import {
  createMemorySecretStore,
  createMemoryTokenStore,
} from '../../lib/store/memory-token-store.ts'
import { describeTokenStore } from '../contracts/token-store.ts'

describeTokenStore('in memory', async () => ({
  tokens: createMemoryTokenStore(),
  secrets: createMemorySecretStore(),
}))
