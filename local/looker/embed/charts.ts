// Charts as SVG without a library, a script or a style attribute: their colours are classes of the page.
import { html } from 'hono/html'

type Markup = ReturnType<typeof html>

export type Share = { readonly name: string; readonly value: number }

/** Of a chart over two columns, and of one in a single column. */
const wide = 620
const narrow = 320
const height = 200

/** One value a week, the last one on the right. */
export const lineChart = (values: readonly number[]): Markup => {
  const left = 44
  const bottom = height - 22
  const top = Math.ceil((Math.max(...values) * 1.1) / 40) * 40
  const x = (index: number) => left + (index * (wide - left - 14)) / (values.length - 1)
  const y = (value: number) => bottom - (value / top) * (bottom - 10)
  const points = values.map((value, index) => `${x(index).toFixed(1)},${y(value).toFixed(1)}`)
  const levels = [0, 1, 2, 3, 4].map((part) => (top * part) / 4)
  const [first = '', last = ''] = [x(0), x(values.length - 1)].map((at) => at.toFixed(1))
  return html`<svg viewBox="0 0 ${wide} ${height}" role="img" aria-label="${values.join(', ')}">
    ${levels.map(
      (level) =>
        html`<line class="grid" x1="${left}" x2="${wide - 8}" y1="${y(level)}" y2="${y(level)}" />
          <text class="axis" x="${left - 6}" y="${y(level) + 4}" text-anchor="end">${level}</text>`,
    )}
    <polygon class="area" points="${first},${bottom} ${points.join(' ')} ${last},${bottom}" />
    <polyline class="line" points="${points.join(' ')}" />
    ${values.map((_, index) =>
      index % 3 === 0
        ? html`<text class="axis" x="${x(index)}" y="${height - 4}" text-anchor="middle">
            W${index + 1}
          </text>`
        : '',
    )}
  </svg>`
}

export const barChart = (shares: readonly Share[]): Markup => {
  const most = Math.max(...shares.map(({ value }) => value))
  const rowHeight = height / shares.length
  return html`<svg viewBox="0 0 ${narrow} ${height}" role="img" aria-label="${spoken(shares)}">
    ${shares.map(({ name, value }, index) => {
      const middle = (index + 0.5) * rowHeight
      const length = (value / most) * 175
      return html`<text class="axis" x="86" y="${middle + 4}" text-anchor="end">${name}</text>
        <rect class="bar" x="94" y="${middle - 9}" width="${length}" height="18" rx="3" />
        <text class="axis" x="${100 + length}" y="${middle + 4}">${value}</text>`
    })}
  </svg>`
}

export const donutChart = (shares: readonly Share[]): Markup => {
  const total = shares.reduce((sum, { value }) => sum + value, 0)
  let before = 0
  const parts = shares.map(({ name, value }, index) => {
    const percent = (value / total) * 100
    const start = before
    before += percent
    // Dashes run from three o'clock; a quarter back is the top.
    return html`<circle
        class="part part-${index}"
        cx="90"
        cy="100"
        r="66"
        pathLength="100"
        stroke-dasharray="${percent} ${100 - percent}"
        stroke-dashoffset="${25 - start}"
      />
      <rect class="key key-${index}" x="186" y="${46 + index * 30}" width="12" height="12" rx="3" />
      <text class="axis" x="206" y="${57 + index * 30}">${name} ${Math.round(percent)}%</text>`
  })
  return html`<svg viewBox="0 0 ${narrow} ${height}" role="img" aria-label="${spoken(shares)}">
    ${parts}
  </svg>`
}

const spoken = (shares: readonly Share[]): string =>
  shares.map(({ name, value }) => `${name} ${value}`).join(', ')
