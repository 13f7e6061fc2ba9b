import { EventRuler } from '../support/event-ruler';

/** In the shape that Amazon Macie publishes. https://docs.aws.amazon.com/macie/latest/user/findings-publish-event-schemas.html */
const event = {
  source: 'aws.macie',
  'detail-type': 'Macie Finding',
  detail: {
    severity: { description: 'High', score: 3 },
    type: 'SensitiveData:S3Object/Personal',
    category: 'CLASSIFICATION',
    resourcesAffected: { s3Bucket: { name: 'orders-lake' } },
    classificationDetails: {
      result: {
        sensitiveData: [
          { category: 'PERSONAL_INFORMATION', totalCount: 3 },
          { category: 'FINANCIAL_INFORMATION', totalCount: 40 },
        ],
      },
    },
  },
};

describe('the matching engine of EventBridge', () => {
  let ruler: EventRuler;
  beforeAll(async () => {
    ruler = await EventRuler.start();
  }, 300_000);
  afterAll(() => ruler.stop());

  test.each<[string, object, boolean]>([
    ['a value', { source: ['aws.macie'] }, true],
    ['another value', { source: ['aws.kafka'] }, false],
    ['a number of equal value', { detail: { severity: { score: [3.0] } } }, true],
    ['a number written as text', { detail: { severity: { score: ['3'] } } }, false],
    ['a beginning', { detail: { type: [{ prefix: 'SensitiveData:' }] } }, true],
    ['anything but an absent field', { detail: { sample: [{ 'anything-but': ['true'] }] } }, false],
    ['an absent field', { detail: { sample: [{ exists: false }] } }, true],
    ['one of two ways', { $or: [{ source: ['aws.kafka'] }, { detail: { category: ['CLASSIFICATION'] } }] }, true],
    [
      'two fields of one array element',
      {
        detail: {
          classificationDetails: {
            result: { sensitiveData: { category: ['FINANCIAL_INFORMATION'], totalCount: [40] } },
          },
        },
      },
      true,
    ],
    [
      'two fields of different array elements',
      {
        detail: {
          classificationDetails: {
            result: { sensitiveData: { category: ['FINANCIAL_INFORMATION'], totalCount: [3] } },
          },
        },
      },
      false,
    ],
  ])('decides about %s', async (_, pattern, expected) => {
    expect(await ruler.matches(pattern, event)).toBe(expected);
  });

  test('answers many questions at once, each with its own answer', async () => {
    const scores = Array.from({ length: 500 }, (_, score) => score);
    const answers = await Promise.all(
      scores.map((score) => ruler.matches({ score: [{ numeric: ['>=', 250] }] }, { score })),
    );
    expect(answers).toEqual(scores.map((score) => score >= 250));
  });

  test('carries text beyond ASCII both ways', async () => {
    expect(await ruler.matches({ name: ['Größe ☂'] }, { name: 'Größe ☂' })).toBe(true);
  });

  test.each<[string, object, RegExp]>([
    ['an empty pattern', {}, /Empty/],
    ['a value outside a list', { source: 'aws.macie' }, /source/],
    ['an unknown operator', { source: [{ resembles: 'aws' }] }, /resembles/],
    ['a choice of one', { $or: [{ source: ['aws.macie'] }] }, /\$or/],
  ])('says what is wrong with %s', async (_, pattern, message) => {
    expect(await ruler.check(pattern)).toMatch(message);
    await expect(ruler.matches(pattern, event)).rejects.toThrow('invalid pattern');
  });

  test('has nothing to say about a valid pattern', async () => {
    expect(await ruler.check({ source: [{ wildcard: 'aws.*' }] })).toBeUndefined();
  });

  test('rejects what is asked after its end', async () => {
    const another = await EventRuler.start();
    const pending = another.check({ source: ['a'] });
    await another.stop();
    await expect(pending).resolves.toBeUndefined();
    await expect(another.check({ source: ['a'] })).rejects.toThrow();
  }, 30_000);
});
