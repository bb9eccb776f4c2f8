// SPDX-License-Identifier: GPL-3.0-or-later

// Turns Natural Earth's countries into the module with the page's world map: one SVG path for each country code.
//
// usage: node world-map.mjs OUTPUT

import { readFileSync, writeFileSync } from 'node:fs';

import { geoCentroid, geoNaturalEarth1, geoPath } from 'd3-geo';
import { feature } from 'topojson-client';
import { presimplify, simplify, sphericalTriangleArea } from 'topojson-simplify';

const SHAPES = new URL('node_modules/world-atlas/countries-50m.json', import.meta.url);
const CODES = new URL('../data/iso3166.csv', import.meta.url);

/** Width of the map; coordinates are whole units. */
const WIDTH = 2000;
const NORTH = 83.7;
/** Leaves a strip of Antarctica, to be seen and clicked. */
const SOUTH = -70;
const PROJECTION = geoNaturalEarth1().rotate([-11, 0]).fitWidth(WIDTH, { type: 'Sphere' });

/** Corners whose triangle is smaller than this many steradians, about one square unit, go. */
const DETAIL = 1e-5;
/** Rings below this many square units go, unless they are the largest of their country. */
const SPECK = 3;
/** A country that fits into a square of this many units becomes a dot, or nobody could hit it. */
const TINY = 14;
const DOT_RADIUS = 6;

/** Shapes without an ISO number. */
const UNNUMBERED = { Kosovo: 'XK', Somaliland: 'SO', 'N. Cyprus': 'CY' };

/**
 * Territories with a code of their own that Natural Earth draws as a part of another country, or not at all:
 * longitude and latitude of their middle, and how many degrees around it are theirs.
 */
const TERRITORIES = {
    BQ: [-68.3, 12.2, 0.4],
    BV: [3.4, -54.4, 1],
    CC: [96.8, -12.2, 1],
    CX: [105.7, -10.5, 1],
    GF: [-53, 4, 1.5],
    GI: [-5.35, 36.14, 0],
    GP: [-61.5, 16.2, 0.6],
    MQ: [-61, 14.65, 0.4],
    RE: [55.5, -21.1, 1],
    SJ: [18, 78.5, 12],
    TK: [-171.8, -9.2, 1],
    TV: [179.2, -8.5, 0],
    UM: [-160, -0.4, 0],
    YT: [45.15, -12.8, 0.4],
};

function codeOf(shape, polygon) {
    const [longitude, latitude] = geoCentroid({ type: 'Polygon', coordinates: polygon });
    const territory = Object.keys(TERRITORIES).find((code) => {
        const [middleLongitude, middleLatitude, reach] = TERRITORIES[code];
        return Math.abs(longitude - middleLongitude) < reach && Math.abs(latitude - middleLatitude) < reach;
    });
    if (territory !== undefined || shape.id === undefined) {
        return territory ?? UNNUMBERED[shape.properties.name];
    }
    // CLDR knows the ISO number of a region as an alias of its code.
    return new Intl.Locale(`und-${shape.id}`).region;
}

function polygonsByCode() {
    const topology = presimplify(JSON.parse(readFileSync(SHAPES)), sphericalTriangleArea);
    const polygons = {};
    for (const shape of feature(simplify(topology, DETAIL), 'countries').features) {
        const { type, coordinates } = shape.geometry;
        for (const polygon of type === 'Polygon' ? [coordinates] : coordinates) {
            const code = codeOf(shape, polygon);
            if (code !== undefined) {
                (polygons[code] ??= []).push(polygon);
            }
        }
    }
    return polygons;
}

/** The rings of polygons on the map, largest first. */
function projected(polygons) {
    const rings = [];
    geoPath(PROJECTION, {
        moveTo: (x, y) => rings.push([[x, y]]),
        lineTo: (x, y) => rings.at(-1).push([x, y]),
        closePath: () => {},
    })({ type: 'MultiPolygon', coordinates: polygons });
    return rings.sort((one, other) => area(other) - area(one));
}

function area(ring) {
    return Math.abs(ring.reduce((sum, [x, y], index) => {
        const [nextX, nextY] = ring[(index + 1) % ring.length];
        return sum + (x * nextY - nextX * y) / 2;
    }, 0));
}

function pathOf(rings) {
    const [xs, ys] = [0, 1].map((axis) => rings[0].map((point) => point[axis]));
    const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
    if (right - left < TINY && bottom - top < TINY) {
        return dotAt([(left + right) / 2, (top + bottom) / 2]);
    }
    return rings.filter((ring, index) => index === 0 || area(ring) >= SPECK).map(outline).join('');
}

function outline(ring) {
    const points = ring.map((point) => point.map(Math.round));
    return points.reduce((path, [x, y], index) => {
        const [lastX, lastY] = points[index - 1] ?? [0, 0];
        return x === lastX && y === lastY ? path : `${path}${x - lastX},${y - lastY} `;
    }, 'm').replace('m', `M`).replace(' ', 'l').replace(/[ ,]-/g, '-').trimEnd().concat('z');
}

function dotAt(point) {
    const [x, y] = point.map(Math.round);
    const arc = `a${DOT_RADIUS},${DOT_RADIUS} 0 1 0 `;
    return `M${x - DOT_RADIUS},${y}${arc}${2 * DOT_RADIUS},0${arc}${-2 * DOT_RADIUS},0z`;
}

const countries = Object.entries(polygonsByCode()).map(([code, polygons]) => [code, projected(polygons)]);
// The largest first: what comes later lies above.
countries.sort(([, one], [, other]) => area(other[0]) - area(one[0]));
const shapes = Object.fromEntries(countries.map(([code, rings]) => [code, pathOf(rings)]));
for (const [code, [longitude, latitude]] of Object.entries(TERRITORIES)) {
    shapes[code] ??= dotAt(PROJECTION([longitude, latitude]));
}

const lacking = readFileSync(CODES, 'utf8').match(/^[A-Z]{2}(?=,)/gm).filter((code) => !(code in shapes));
if (lacking.length > 0) {
    throw new Error(`the map lacks ${lacking.join(', ')}`);
}

const [top, bottom] = [NORTH, SOUTH].map((latitude) => Math.round(PROJECTION([0, latitude])[1]));
writeFileSync(process.argv[2], [
    '// Made with Natural Earth (naturalearthdata.com), public domain.',
    `export const viewBox = '0 ${top} ${WIDTH} ${bottom - top}';`,
    '/** By the codes of their countries, the largest first. */',
    `export const shapes = ${JSON.stringify(shapes)};`,
    '',
].join('\n'));
