// Writes src/schema.ts from the description beside this folder: node generate.mjs
import { readFileSync, writeFileSync } from 'node:fs';
import openapiTS, { astToString, COMMENT_HEADER } from 'openapi-typescript';
import ts from 'typescript';

const blob = ts.factory.createTypeReferenceNode('Blob');
const nodes = await openapiTS(JSON.parse(readFileSync('../openapi.json', 'utf8')), {
  // Files are sent and received as they are, and not as text.
  transform: schema => schema.format === 'binary' || schema.contentMediaType === 'application/octet-stream' ? blob : undefined,
});
writeFileSync('src/schema.ts', COMMENT_HEADER + astToString(nodes));
