/** Prints, as JSON, the processes that carry a marker: `find-marked.ts MARKER DIRECTORY`. */

import { findByMarker } from '../find-by-marker.ts';

const [marker = '', directory = ''] = process.argv.slice(2);
process.stdout.write(JSON.stringify(await findByMarker(marker, directory)));
