// A dashboard of ours in Grafana's own types, stricter than its `Dashboard`, in which a panel's options,
// its custom fields and its queries are anything at all: here they are those of the panel's type. The
// files are JSON, so that where the types have enums there stand their values. `schema` is the version
// that is checked against: types.py writes it.

import type * as schema from './schema';

// What T looks like in JSON.
type Json<T> =
  T extends string ? (string extends T ? T : `${T}`)
  : T extends number ? (number extends T ? T : `${T}` extends `${infer N extends number}` ? N : never)
  : T extends boolean | null | undefined ? T
  : T extends ReadonlyArray<infer Item> ? Json<Item>[]
  : T extends object ? { [Key in keyof T]: Json<T[Key]> }
  : T;

type Source = { type: string; uid: string };
type Query = Json<Omit<schema.PrometheusDataQuery, 'datasource' | 'refId' | 'expr'>> & {
  datasource: Source;
  refId: string;
  expr: string;
  range: boolean;
  instant: boolean;
};
type Link = { title: string; url: string; targetBlank: boolean };

type PanelOf<Type extends string, Options, Custom> = Json<
  Pick<schema.Panel, 'transformations' | 'maxDataPoints'>
> & {
  type: Type;
  id: number;
  title: string;
  description: string;
  datasource: Source;
  gridPos: { x: number; y: number; w: number; h: number };
  links?: Link[];
  // What is left out has a default in Grafana.
  options: Json<Partial<Options>>;
  fieldConfig: {
    defaults: Json<Omit<schema.FieldConfig, 'custom'>> & { custom?: Json<Custom> };
    overrides: Json<schema.FieldConfigSource['overrides']>;
  };
  targets: Query[];
};

type Panel =
  | PanelOf<'timeseries', schema.TimeseriesOptions, schema.TimeseriesFields>
  | PanelOf<'stat', schema.StatOptions, never>
  | PanelOf<'gauge', schema.GaugeOptions, never>
  | PanelOf<'bargauge', schema.BargaugeOptions, never>
  | PanelOf<'piechart', schema.PiechartOptions, schema.PiechartFields>
  | PanelOf<'heatmap', schema.HeatmapOptions, schema.HeatmapFields>
  | PanelOf<'table', schema.TableOptions, schema.TableFields>;

// What Prometheus's data source reads from an annotation beside what all have.
type Annotation = Json<schema.AnnotationQuery> & {
  expr?: string;
  step?: string;
  titleFormat?: string;
  textFormat?: string;
  tagKeys?: string;
};

export type Board = Json<
  Omit<schema.Dashboard, 'panels' | 'annotations' | 'templating' | 'id'>
> & {
  uid: string;
  title: string;
  refresh: string;
  annotations: { list: Annotation[] };
  templating: { list: Json<schema.VariableModel>[] };
  panels: Panel[];
};
