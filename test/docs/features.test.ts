import { carries, featureRows, STATES, testSources } from '../../scripts/features';

const rows = featureRows();
const sources = testSources();

test('every row of the list is there once', () => {
  const expected = [
    ...Array.from({ length: 30 }, (_, index) => `S-${String(index + 1).padStart(2, '0')}`),
    ...Array.from({ length: 201 }, (_, index) => String(index + 1)),
    ...Array.from({ length: 12 }, (_, index) => `B-${String(index + 1).padStart(2, '0')}`),
  ];
  expect(rows.map(({ id }) => id).sort()).toEqual(expected.sort());
});

test('every row has a state', () => {
  expect(rows.filter(({ state }) => !STATES.includes(state))).toEqual([]);
});

test('a row that is done names what offers it and the tests that prove it', () => {
  expect(rows.filter(({ state, name, tests }) => state === 'done' && (name === '' || tests.length === 0))).toEqual([]);
});

test('every test that a row names exists and carries the number of the row', () => {
  const missing = rows.flatMap(({ id, tests }) =>
    tests.filter((file) => !carries(sources.get(file) ?? '', id)).map((file) => `${id}: ${file}`),
  );
  expect(missing).toEqual([]);
});

test('an open row names no test', () => {
  expect(rows.filter(({ state, tests }) => (state === 'open' || state === 'no') && tests.length > 0)).toEqual([]);
});
