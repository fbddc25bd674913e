// `npm run build`: what other functions and pages install, as ES modules and as CommonJS with types, in
// dist/. The functions themselves are not built by it: serverless-esbuild takes their sources.
import { execFileSync } from 'node:child_process'
import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

type Format = {
  readonly folder: string
  readonly type: 'module' | 'commonjs'
  readonly options: readonly string[]
}

const formats: readonly Format[] = [
  { folder: 'dist/esm', type: 'module', options: [] },
  {
    folder: 'dist/cjs',
    type: 'commonjs',
    options: ['--module', 'commonjs', '--moduleResolution', 'bundler'],
  },
]

// File by file, not bundled: both entries share their classes, and a bundler takes only what is used.
const compile = ({ folder, options }: Format): void => {
  const compiler = join(
    dirname(createRequire(import.meta.url).resolve('typescript/package.json')),
    'bin/tsc',
  )
  const project = ['--project', 'tsconfig.package.json', '--outDir', folder]
  execFileSync(process.execPath, [compiler, ...project, ...options], {
    // What `npm pack --json` prints is for programs.
    stdio: ['ignore', process.stderr, process.stderr],
  })
}

// TypeScript writes `.js` for `.ts` in JavaScript only, not in declarations.
const nameDeclared = (folder: string): void => {
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.d.ts')) continue
    const path = join(folder, name)
    const text = readFileSync(path, 'utf8')
    writeFileSync(path, text.replaceAll(/(from |import\()(['"])(\.[^'"]+)\.ts\2/g, '$1$2$3.js$2'))
  }
}

// Node and bundlers look into the nearest package.json, and for these files that is this one.
const nameFormat = ({ folder, type }: Format): void => {
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify({ type, sideEffects: false })}\n`)
}

rmSync('dist', { recursive: true, force: true })
for (const format of formats) {
  compile(format)
  nameDeclared(format.folder)
  nameFormat(format)
}
