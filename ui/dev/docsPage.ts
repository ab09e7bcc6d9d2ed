import { parse } from 'yaml';

/* A description as OpenAPI 3.0 has it, as far as the page shows it. */
type Node = Record<string, unknown>;
interface Operation {
  operationId: string;
  tags?: string[];
  summary?: string;
  description?: string;
  security?: unknown[];
  parameters?: Node[];
  requestBody?: Node;
  responses: Record<string, Node>;
}
interface Api {
  info: { title: string; version: string; description: string };
  tags: { name: string; description?: string }[];
  paths: Record<string, Node>;
  components: Record<string, Record<string, Node>>;
}

const kMethods = ['get', 'put', 'post', 'patch', 'delete'] as const;

const kStyle = `
:root { color-scheme: light dark }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 1rem }
code, pre { font: 0.9em ui-monospace, monospace }
pre { overflow-x: auto; padding: 0.5rem; border: 1px solid #8886 }
article { border-top: 1px solid #8886; padding: 0.5rem 0 }
h3 { margin: 0.5rem 0; overflow-wrap: anywhere }
.method { text-transform: uppercase }
table { border-collapse: collapse; width: 100% }
td, th { text-align: left; vertical-align: top; padding: 0.15rem 0.75rem 0.15rem 0 }
nav ul { columns: 18rem; padding-left: 1rem }
nav li { overflow-wrap: anywhere }
`;

/** api/openapi.yaml as one page of HTML that needs no script and nothing from elsewhere. */
export function docsPage(yaml: string): string {
  const api = parse(yaml) as Api;
  const page = new Page(api);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${text(api.info.title)} API</title>
<style>${kStyle}</style>
</head>
<body>
<h1>${text(api.info.title)} API ${text(api.info.version)}</h1>
<p><a href="/openapi.yaml">openapi.yaml</a>, for programs · <a href="#schemas">Schemas</a></p>
${paragraphs(api.info.description)}
<nav>${api.tags.map((tag) => page.contents(tag.name)).join('\n')}</nav>
${api.tags.map((tag) => page.group(tag.name, tag.description)).join('\n')}
<h2 id="schemas">Schemas</h2>
${Object.keys(api.components.schemas ?? {})
  .map((name) => page.component(name))
  .join('\n')}
</body>
</html>
`;
}

class Page {
  private readonly operations: { method: string; path: string; shared: Node[]; operation: Operation }[];

  constructor(private readonly api: Api) {
    this.operations = Object.entries(api.paths).flatMap(([path, item]) =>
      kMethods
        .filter((method) => method in item)
        .map((method) => ({
          method,
          path,
          shared: (item.parameters as Node[]) ?? [],
          operation: item[method] as Operation,
        })),
    );
  }

  contents(tag: string): string {
    const links = this.of(tag).map(
      ({ method, path, operation }) =>
        `<li><a href="#${text(operation.operationId)}"><span class="method">${method}</span> ${text(path)}</a></li>`,
    );
    return `<h2>${text(tag)}</h2><ul>${links.join('')}</ul>`;
  }

  group(tag: string, description = ''): string {
    const articles = this.of(tag).map(({ method, path, shared, operation }) => {
      const parameters = [...shared, ...(operation.parameters ?? [])].map((one) => this.resolved(one));
      const body = operation.requestBody && this.resolved(operation.requestBody);
      return `<article id="${text(operation.operationId)}">
<h3><code><span class="method">${method}</span> ${text(path)}</code></h3>
<p>${text(operation.summary ?? '')}${operation.security?.length === 0 ? ' (no token needed)' : ''}</p>
${paragraphs(operation.description ?? '')}
${parameters.length ? table('Parameters', parameters.map(parameterRow)) : ''}
${body ? table('Body', this.contentRows(body)) : ''}
${table(
  'Answers',
  Object.entries(operation.responses).map(([status, response]) => {
    const resolved = this.resolved(response);
    const [, schema] = this.contentRows(resolved)[0] ?? [];
    return [status, `${text(String(resolved.description ?? ''))}${schema ? ` · ${schema}` : ''}`];
  }),
)}
</article>`;
    });
    return `<section><h2>${text(tag)}</h2><p>${text(description)}</p>${articles.join('\n')}</section>`;
  }

  component(name: string): string {
    const schema = this.api.components.schemas?.[name] ?? {};
    const required = new Set((schema.required as string[]) ?? []);
    const rows = Object.entries((schema.properties as Record<string, Node>) ?? {}).map(([key, one]) => [
      `${text(key)}${required.has(key) ? '' : '?'}`,
      `${typeOf(one)} ${text(String(one.description ?? ''))}`,
    ]);
    const shown = rows.length ? table('', rows) : `<p>${typeOf(schema)}</p>`;
    return `<article id="schema-${text(name)}"><h3><code>${text(name)}</code></h3>
${paragraphs(String(schema.description ?? ''))}${shown}</article>`;
  }

  private of(tag: string) {
    return this.operations.filter(({ operation }) => operation.tags?.includes(tag));
  }

  private contentRows(node: Node): string[][] {
    const content = (node.content as Record<string, Node>) ?? {};
    return Object.entries(content).map(([type, one]) => [text(type), typeOf((one.schema as Node) ?? {})]);
  }

  private resolved(node: Node): Node {
    if (typeof node.$ref !== 'string') return node;
    const [, , kind, name] = node.$ref.split('/') as [string, string, string, string];
    return this.api.components[kind]?.[name] ?? {};
  }
}

function parameterRow(parameter: Node): string[] {
  const schema = typeOf((parameter.schema as Node) ?? {});
  return [
    `${text(String(parameter.name))}${parameter.required ? '' : '?'}`,
    `${text(String(parameter.in))}, ${schema} ${text(String(parameter.description ?? ''))}`,
  ];
}

/** "integer 0 to 100", with links to schemas that have a name. */
function typeOf(schema: Node): string {
  if (typeof schema.$ref === 'string') {
    const name = text(schema.$ref.split('/').pop() ?? '');
    return `<a href="#schema-${name}">${name}</a>`;
  }
  const options = (schema.oneOf ?? schema.anyOf ?? schema.allOf) as Node[] | undefined;
  if (options) return options.map(typeOf).join(schema.allOf ? ' and ' : ' or ');
  if (schema.enum)
    return (schema.enum as unknown[]).map((one) => `<code>${text(String(one))}</code>`).join(' | ');
  if (schema.type === 'array') return `list of ${typeOf((schema.items as Node) ?? {})}`;
  const low = schema.minimum ?? schema.minLength ?? schema.minItems;
  const high = schema.maximum ?? schema.maxLength ?? schema.maxItems;
  const range = low === undefined && high === undefined ? '' : ` ${low ?? '…'} to ${high ?? '…'}`;
  return text(`${schema.type ?? 'any'}${range}${schema.nullable ? ' or null' : ''}`);
}

function table(title: string, rows: string[][]): string {
  const body = rows.map(([name, what]) => `<tr><td><code>${name}</code></td><td>${what}</td></tr>`).join('');
  return `${title ? `<h4>${text(title)}</h4>` : ''}<table>${body}</table>`;
}

function paragraphs(markdown: string): string {
  return markdown
    .split(/\n\s*\n/)
    .filter((one) => one.trim())
    .map((one) => `<p>${text(one).replace(/`([^`]+)`/g, '<code>$1</code>')}</p>`)
    .join('\n');
}

function text(raw: string): string {
  return raw.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');
}
