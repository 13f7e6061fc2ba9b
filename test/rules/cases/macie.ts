import { resource, rule } from '../templates';
import type { Case } from './case';

export const MACIE_CASES: Case[] = [
  ...['cn-north-1', 'us-gov-west-1', 'ap-southeast-3'].flatMap((region) =>
    ['AWS::Macie::Session', 'AWS::Macie::AllowList', 'Custom::MacieSession', 'Custom::MacieJob'].map((type) => ({
      id: 'MACIE-REGION',
      wrong: `${type} in ${region}`,
      bad: { Macie: resource(type) },
      good: { Macie: resource(type) },
      region,
      goodRegion: 'eu-south-1',
      says: region,
    })),
  ),
  {
    id: 'MACIE-REGION',
    wrong: 'a Region that the construct knows',
    bad: { Macie: resource('AWS::Macie::Session') },
    good: { Macie: resource('AWS::Macie::Session') },
    extras: { Macie: { facts: { region: 'cn-northwest-1' } } },
    goodExtras: { Macie: { facts: { region: 'us-east-1' } } },
    region: 'eu-west-1',
  },
  {
    id: 'MACIE-SESSION-SINGLE',
    wrong: 'two native sessions',
    bad: { One: resource('AWS::Macie::Session'), Two: resource('AWS::Macie::Session') },
    good: { One: resource('AWS::Macie::Session'), Two: resource('AWS::Macie::AllowList') },
    says: 'One',
  },
  {
    id: 'MACIE-SESSION-SINGLE',
    wrong: 'a native session beside ours',
    bad: { One: resource('Custom::MacieSession'), Two: resource('AWS::Macie::Session') },
    good: { One: resource('Custom::MacieSession') },
  },

  {
    id: 'EVENTS-PATTERN-LENGTH',
    wrong: '2,049 characters',
    bad: { Rule: rule({ EventPattern: sizedPattern(2049) }) },
    good: { Rule: rule({ EventPattern: sizedPattern(2048) }) },
    says: '2049',
  },
  {
    id: 'EVENTS-PATTERN-LENGTH',
    wrong: 'enough without what is unknown',
    bad: { Rule: rule({ EventPattern: { ...sizedPattern(2040), account: [{ Ref: 'AWS::AccountId' }] } }) },
    good: { Rule: rule({ EventPattern: { ...sizedPattern(2000), account: [{ Ref: 'AWS::AccountId' }] } }) },
    says: 'at least',
  },
  {
    id: 'EVENTS-MACIE-PATTERN',
    wrong: 'the name of the API as source',
    bad: { Rule: rule({ 'EventPattern.source': ['aws.macie2'] }) },
    good: { Rule: rule({ 'EventPattern.source': ['aws.macie'] }) },
  },
  {
    id: 'EVENTS-MACIE-PATTERN',
    wrong: 'the detail type of Macie Classic',
    bad: { Rule: rule({ 'EventPattern.detail-type': ['Macie Alert'] }) },
    good: { Rule: rule({ 'EventPattern.detail-type': ['Macie Finding'] }) },
  },
  {
    id: 'EVENTS-MACIE-PATTERN',
    wrong: 'a severity on a scale of ten',
    bad: { Rule: rule({ 'EventPattern.detail.severity.score': [{ numeric: ['>=', 7] }] }) },
    good: { Rule: rule({ 'EventPattern.detail.severity.score': [{ numeric: ['>=', 3] }] }) },
    says: '7',
  },
  {
    id: 'EVENTS-MACIE-PATTERN',
    wrong: 'severity 0',
    bad: { Rule: rule({ 'EventPattern.detail.severity.score': [0] }) },
    good: { Rule: rule({ 'EventPattern.detail.severity.score': [1, 2, 3] }) },
  },
  {
    id: 'EVENTS-MACIE-PATTERN',
    wrong: 'severity 4',
    bad: { Rule: rule({ 'EventPattern.detail.severity.score': [3, 4] }) },
    good: { Rule: rule({ 'EventPattern.source': ['aws.guardduty'], 'EventPattern.detail.severity.score': [3, 4] }) },
  },
];

/** A pattern that is exactly so long as JSON. */
function sizedPattern(length: number): Record<string, unknown> {
  const empty = { source: [''] };
  return { source: ['x'.repeat(length - JSON.stringify(empty).length)] };
}
