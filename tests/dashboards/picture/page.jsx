// One dashboard, drawn by Grafana's own components (@grafana/ui) from its JSON and Prometheus's answers, which stand
// in window.INPUT = {board, answers: {panel id: [{target, result}]}, drills, from, to, step_s}. What is not in
// @grafana/ui is drawn here: heatmaps, pies, and gauges as bars. Complains of units that are none of
// @grafana/data's.

import {
  FieldType, Registry, ThemeContext, applyFieldOverrides, booleanOverrideProcessor, cacheFieldDisplayNames, createTheme,
  dateTime, formattedValueToString, getFieldDisplayValues, getValueFormats, identityOverrideProcessor,
  numberOverrideProcessor, standardFieldConfigEditorRegistry, standardTransformers, stringOverrideProcessor,
  thresholdsOverrideProcessor, toDataFrame, unitOverrideProcessor, valueMappingsOverrideProcessor,
} from '@grafana/data';
import { BarGauge, BigValue, GlobalStyles, PanelChrome, TimeSeries, VizRepeater } from '@grafana/ui';
import { TableNG } from '@grafana/ui/unstable';
import { of } from 'rxjs';
import { createRoot } from 'react-dom/client';
import 'uplot/dist/uPlot.min.css';

const { board, answers, drills, from, to, step_s: stepSeconds } = window.INPUT;
const theme = createTheme({ colors: { mode: 'dark' } });
const COLUMNS = 24, CELL_HEIGHT = 30, GAP = 8, WIDTH = 1400;
const timeRange = { from: dateTime(from * 1000), to: dateTime(to * 1000), raw: { from: 'now-1h', to: 'now' } };
const asItIs = (text) => text;

// ---- What Grafana's core would set up

const property = (id, process, more = {}) =>
  ({ id, path: id, name: id, process, shouldApply: () => true, settings: {}, ...more });

const standard = () => [
  property('unit', unitOverrideProcessor), property('min', numberOverrideProcessor),
  property('max', numberOverrideProcessor), property('decimals', numberOverrideProcessor),
  property('displayName', stringOverrideProcessor), property('noValue', stringOverrideProcessor),
  property('color', identityOverrideProcessor), property('thresholds', thresholdsOverrideProcessor),
  property('mappings', valueMappingsOverrideProcessor), property('filterable', booleanOverrideProcessor),
];

standardFieldConfigEditorRegistry.setInit(standard);

// The standard properties and the panel's own.
const propertiesOf = (panel) => new Registry(() => [
  ...standard(),
  ...Object.keys(panel.fieldConfig.defaults.custom ?? {}).map((key) =>
    property(key, identityOverrideProcessor, { id: `custom.${key}`, path: key, isCustom: true })),
]);

// ---- Answers as data frames

const legendOf = (target, metric) => target.legendFormat
  ? target.legendFormat.replace(/\{\{\s*(\w+)\s*\}\}/g, (_, label) => metric[label] ?? '')
  : JSON.stringify(metric);

// One value for each step, null where there is none, as Grafana fills in gaps.
function lineFrame(target, series) {
  const have = new Map((series.values ?? [series.value]).map(([at, value]) => [Math.round(at), Number(value)]));
  const times = series.values ? [] : [...have.keys()];
  for (let at = from; series.values && at <= to; at += stepSeconds) {
    times.push(at);
  }
  const name = legendOf(target, series.metric);
  const values = times.map((at) => Number.isFinite(have.get(at)) ? have.get(at) : null);
  return toDataFrame({ refId: target.refId, name, fields: [
    { name: 'Time', type: FieldType.time, values: times.map((at) => at * 1000), config: { interval: stepSeconds * 1000 } },
    { name: 'Value', type: FieldType.number, values, labels: series.metric, config: { displayNameFromDS: name } },
  ] });
}

function tableFrame(target, result) {
  const labels = [...new Set(result.flatMap((series) => Object.keys(series.metric)))].sort();
  return toDataFrame({ refId: target.refId, fields: [
    { name: 'Time', type: FieldType.time, values: result.map((s) => s.value[0] * 1000) },
    ...labels.map((name) => ({ name, type: FieldType.string, values: result.map((s) => s.metric[name] ?? '') })),
    { name: 'Value', type: FieldType.number, values: result.map((s) => Number(s.value[1])) },
  ] });
}

function transformed(panel, frames) {
  let out = frames;
  for (const { id, options } of panel.transformations ?? []) {
    const transformer = Object.values(standardTransformers).find((t) => t.id === id);
    of(out).pipe(transformer.operator(options, { interpolate: asItIs })).subscribe((after) => { out = after; });
  }
  return out;
}

function framesOf(panel) {
  const frames = (answers[panel.id] ?? []).flatMap(({ target, result }) =>
    target.format === 'table' ? (result.length ? [tableFrame(target, result)] : [])
      : result.map((series) => lineFrame(target, series)));
  const data = applyFieldOverrides({
    data: transformed(panel, frames), fieldConfig: structuredClone(panel.fieldConfig), replaceVariables: asItIs, theme,
    timeZone: 'utc', fieldConfigRegistry: propertiesOf(panel),
  });
  cacheFieldDisplayNames(data);
  return data;
}

// ---- Panels

// Where a drill ran.
function Drills({ builder }) {
  builder.addHook('drawClear', (u) => {
    const { left, top, width, height } = u.bbox;
    u.ctx.save();
    u.ctx.fillStyle = 'rgba(184, 119, 217, 0.12)';
    for (const [start, end] of drills) {
      const x = [start, end].map((at) => Math.min(Math.max(u.valToPos(at * 1000, 'x', true), left), left + width));
      u.ctx.fillRect(x[0], top, Math.max(x[1] - x[0], 1), height);
    }
    u.ctx.restore();
  });
  return null;
}

function Lines({ panel, frames, width, height }) {
  return (
    <TimeSeries frames={frames} timeRange={timeRange} timeZone="utc" width={width} height={height}
      legend={panel.options.legend} options={{}}>
      {(builder) => <Drills builder={builder} />}
    </TimeSeries>
  );
}

const valuesOf = (panel, frames) => getFieldDisplayValues({
  fieldConfig: panel.fieldConfig, reduceOptions: panel.options.reduceOptions, replaceVariables: asItIs, theme,
  data: frames, sparkline: panel.options.graphMode !== 'none', timeZone: 'utc',
});

function Numbers({ panel, frames, width, height }) {
  return (
    <VizRepeater getValues={() => valuesOf(panel, frames)} source={frames} width={width} height={height} renderCounter={0}
      orientation={panel.options.orientation} autoGrid
      renderValue={({ value, width: w, height: h, count }) => (
        <BigValue theme={theme} value={value.display} sparkline={value.sparkline} width={w} height={h} count={count}
          colorMode={panel.options.colorMode} graphMode={panel.options.graphMode} textMode={panel.options.textMode}
          justifyMode={panel.options.justifyMode} />
      )} />
  );
}

function Bars({ panel, frames, width, height }) {
  return (
    <VizRepeater getValues={() => valuesOf(panel, frames)} source={frames} width={width} height={height} renderCounter={0}
      orientation="horizontal" minVizHeight={16} itemSpacing={6}
      renderValue={({ value, width: w, height: h, orientation }) => (
        <BarGauge theme={theme} value={value.display} field={value.field} display={value.view?.getFieldDisplayProcessor(value.colIndex)}
          width={w} height={h} orientation={orientation} displayMode={panel.options.displayMode ?? 'basic'}
          valueDisplayMode="color" namePlacement={panel.type === 'gauge' ? 'hidden' : 'auto'} showUnfilled />
      )} />
  );
}

function Rows({ frames, width, height, panel }) {
  return frames.length
    ? <TableNG data={frames[0]} width={width} height={height} initialSortBy={panel.options.sortBy} cellHeight="sm" />
    : <Nothing text={panel.fieldConfig.defaults.noValue} />;
}

const Nothing = ({ text = 'No data' }) =>
  <div style={{ color: theme.colors.text.secondary, textAlign: 'center', paddingTop: 40 }}>{text}</div>;

// ---- Not in @grafana/ui

function Pie({ panel, frames, width, height }) {
  const values = valuesOf(panel, frames);
  const total = values.reduce((sum, value) => sum + value.display.numeric, 0);
  const size = Math.min(width / 2, height) - 10, middle = size / 2;
  let turn = 0;
  const arcs = values.map((value) => {
    const share = value.display.numeric / total, start = turn;
    turn += share;
    return <circle key={value.display.title} cx={middle} cy={middle} r={middle * 0.75} fill="none"
      stroke={value.display.color} strokeWidth={middle * 0.45} pathLength={100}
      strokeDasharray={`${share * 100} ${100 - share * 100}`} strokeDashoffset={25 - start * 100} />;
  });
  return (
    <div style={{ display: 'flex', alignItems: 'center', gap: 16 }}>
      <svg width={size} height={size}>{arcs}</svg>
      <table style={{ whiteSpace: 'nowrap' }}><tbody>{values.map(({ display }) => (
        <tr key={display.title}>
          <td style={{ color: display.color }}>● {display.title}</td>
          <td style={{ paddingLeft: 12, textAlign: 'right' }}>{formattedValueToString(display)}</td>
          <td style={{ paddingLeft: 12, textAlign: 'right' }}>{Math.round(display.numeric / total * 100)} %</td>
        </tr>))}
      </tbody></table>
    </div>
  );
}

// Cumulative buckets to cells: a row per bucket, a column per step.
function cellsOf(panel) {
  const [{ result = [] } = {}] = answers[panel.id] ?? [];
  const edges = result.map((s) => ({ le: Number(s.metric.le.replace('+Inf', 'Infinity')), values: new Map(s.values) }))
    .sort((a, b) => a.le - b.le);
  const rows = edges.map(({ le, values }, i) => ({
    le, counts: [...values].map(([at, value]) =>
      [at, Math.max(0, Number(value) - (i > 0 ? Number(edges[i - 1].values.get(at) ?? 0) : 0))]) }));
  const used = rows.map((row, i) => row.counts.some(([, n]) => n > 1e-9) ? i : -1).filter((i) => i >= 0);
  return used.length ? rows.slice(used[0], used[used.length - 1] + 1) : [];
}

function Heat({ panel, width, height }) {
  const rows = cellsOf(panel), left = 72, bottom = 18;
  const most = Math.max(...rows.flatMap((row) => row.counts.map(([, n]) => n)));
  const w = (width - left) / ((to - from) / panel.column_s), h = (height - bottom) / Math.max(rows.length, 1);
  const unit = panel.options.yAxis.unit === 's' ? ' s' : '';
  if (!rows.length) {
    return <Nothing />;
  }
  return (
    <svg width={width} height={height} fontSize="11" fill={theme.colors.text.secondary}>
      {rows.map((row, i) => {
        const y = height - bottom - (i + 1) * h;
        return (
          <g key={row.le}>
            <text x={left - 6} y={y + h / 2 + 4} textAnchor="end">{row.le === Infinity ? '+Inf' : `${row.le}${unit}`}</text>
            {row.counts.filter(([, n]) => n > 1e-9).map(([at, n]) => (
              <rect key={at} x={left + (at - from) / panel.column_s * w - w} y={y} width={Math.max(w - 1, 1)} height={Math.max(h - 1, 1)}
                fill={`hsl(${30 - 12 * Math.sqrt(n / most)} 90% ${88 - 50 * Math.sqrt(n / most)}%)`} />))}
          </g>
        );
      })}
      {[0.25, 0.5, 0.75].map((part) => (
        <text key={part} x={left + part * (width - left)} y={height - 4} textAnchor="middle">
          {dateTime((from + part * (to - from)) * 1000).utc().format('HH:mm')}
        </text>))}
    </svg>
  );
}

// ---- The page

const KINDS = { timeseries: Lines, stat: Numbers, gauge: Bars, bargauge: Bars, table: Rows, piechart: Pie, heatmap: Heat };

function OnePanel({ panel }) {
  const { x, y, w, h } = panel.gridPos, column = (WIDTH + GAP) / COLUMNS;
  const width = w * column - GAP, height = h * (CELL_HEIGHT + GAP) - GAP;
  const Kind = KINDS[panel.type], frames = framesOf(panel);
  const isEmpty = panel.type !== 'table' && panel.type !== 'heatmap' && !frames.length;
  return (
    <div style={{ position: 'absolute', left: x * column, top: y * (CELL_HEIGHT + GAP), width, height }}>
      <PanelChrome title={panel.title} description={panel.description} width={width} height={height}>
        {(innerWidth, innerHeight) => isEmpty ? <Nothing />
          : <Kind panel={panel} frames={frames} width={innerWidth} height={innerHeight} />}
      </PanelChrome>
    </div>
  );
}

const known = new Set(getValueFormats().flatMap((category) => category.submenu.map((unit) => unit.value)));
for (const { title, fieldConfig } of board.panels) {
  if (fieldConfig.defaults.unit && !known.has(fieldConfig.defaults.unit)) {
    console.error(`${title}: unit ${fieldConfig.defaults.unit}`);
  }
}

const rows = Math.max(...board.panels.map((p) => p.gridPos.y + p.gridPos.h));
document.body.style.background = theme.colors.background.canvas;
createRoot(document.getElementById('root')).render(
  <ThemeContext.Provider value={theme}>
    <GlobalStyles />
    <div style={{ position: 'relative', width: WIDTH, height: rows * (CELL_HEIGHT + GAP), margin: GAP }}>
      {board.panels.map((panel) => <OnePanel key={panel.id} panel={panel} />)}
    </div>
  </ThemeContext.Provider>,
);
