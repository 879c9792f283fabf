/** Prints, as JSON, the processes that carry a marker: `find-marked.ts MARKER`. */

import { findByMarker } from '../find-by-marker.ts';

process.stdout.write(JSON.stringify(await findByMarker(process.argv[2] ?? '')));
