import { Construct } from 'constructs';
import { CustomDataIdentifier } from './custom-data-identifier';
import type { CustomDataIdentifierProps, ICustomDataIdentifier } from './custom-data-identifier';
import { EMAIL_ADDRESS, IPV4_ADDRESS, IPV6_ADDRESS, medicalRecordNumber } from './identifier-definitions';
import type { IMacieSession } from './macie-session';
import { ManagedDataIdentifier, ManagedDataIdentifierCategory } from './managed-data-identifier';
import { validationError } from '../private/errors';
import data from '../rules/data/macie-managed-data-identifiers.json';

/** What all sets have in common. */
export interface IdentifierSetOptions {
  /**
   * The session that identifiers of your own wait for.
   *
   * @default - the session of the same stack, if there is one
   */
  readonly session?: IMacieSession;
}

/** A set that knows borders. */
export interface CountryIdentifierSetOptions extends IdentifierSetOptions {
  /**
   * Countries whose data is meant, as ISO 3166-1 codes of two letters: the fewer, the less noise. What knows no borders
   * is always meant.
   *
   * @default - all that the set knows
   */
  readonly countries?: string[];
}

/** Data of patients. */
export interface HipaaIdentifierSetOptions extends IdentifierSetOptions {
  /**
   * What your medical record numbers look like: a regular expression within the limits of `CustomDataIdentifier`.
   *
   * @default - medical record numbers are not looked for
   */
  readonly medicalRecordNumberRegex?: string;

  /**
   * Words of which one has to stand before a medical record number, or name the column.
   *
   * @default - "medical record", "mrn", "patient id", "patient number", "chart number"
   */
  readonly medicalRecordNumberKeywords?: string[];
}

interface Preset extends IdentifierSetOptions {
  readonly managed: ManagedDataIdentifier[];
  readonly custom?: Record<string, CustomDataIdentifierProps>;
  readonly notCovered: string[];
}

/**
 * Identifiers for one purpose: those that Macie has, and custom ones for what it lacks.
 *
 * A set helps to find data. It does not make anybody compliant with anything, and what it misses is in `notCovered`.
 *
 * @see https://docs.aws.amazon.com/macie/latest/user/mdis-reference-quick.html
 */
export class IdentifierSet extends Construct {
  /**
   * Personal data of people in the EU, the EEA and the United Kingdom: names, addresses, dates of birth, locations,
   * national identification, tax, health, licence, passport, phone, bank and card numbers, e-mail and IP addresses.
   */
  public static forGdpr(scope: Construct, id: string, options: CountryIdentifierSetOptions = {}): IdentifierSet {
    return new IdentifierSet(scope, id, {
      ...options,
      managed: within(scope, preset('GDPR'), options.countries),
      custom: { EmailAddress: EMAIL_ADDRESS, Ipv4Address: IPV4_ADDRESS, Ipv6Address: IPV6_ADDRESS },
      notCovered: [
        'national identification numbers of countries that Macie has no identifier for',
        'race, religion, opinions, union membership, sexual orientation, criminal records',
        'genetic and biometric data, photographs, recordings',
        'user names, device identifiers and advertising identifiers',
        'addresses of servers are found like those of people: an IP address does not say whose it is',
      ],
    });
  }

  /** Cardholder data: card numbers with and without a word close by, expiration dates, magnetic stripes, security codes. */
  public static forPciDss(scope: Construct, id: string, options: IdentifierSetOptions = {}): IdentifierSet {
    return new IdentifierSet(scope, id, {
      ...options,
      managed: preset('PCI_DSS'),
      notCovered: ['names of cardholders', 'PINs and PIN blocks', 'service codes', 'bank accounts', 'images of cards'],
    });
  }

  /**
   * Health information of people in the United States, by the list of identifiers that de-identified data must not have:
   * names, addresses, dates of birth, phone, social security, health plan, account, licence, vehicle, device and passport
   * numbers, codes of procedures and drugs, e-mail and IP addresses, and medical record numbers of your own format.
   */
  public static forHipaa(scope: Construct, id: string, options: HipaaIdentifierSetOptions = {}): IdentifierSet {
    const { medicalRecordNumberRegex: regex, medicalRecordNumberKeywords: keywords } = options;
    return new IdentifierSet(scope, id, {
      ...options,
      managed: preset('HIPAA'),
      custom: {
        EmailAddress: EMAIL_ADDRESS,
        Ipv4Address: IPV4_ADDRESS,
        Ipv6Address: IPV6_ADDRESS,
        ...(regex === undefined ? {} : { MedicalRecordNumber: medicalRecordNumber(regex, keywords) }),
      },
      notCovered: [
        ...(regex === undefined
          ? ['medical record numbers, unless medicalRecordNumberRegex says what they look like']
          : []),
        'dates other than those of birth, such as of admission and discharge',
        'fax numbers that do not look like phone numbers',
        'web addresses',
        'fingerprints, voice prints, photographs of faces',
        'diagnoses in words',
      ],
    });
  }

  /** All credentials that Macie knows, of which its jobs look for six by themselves. */
  public static credentials(scope: Construct, id: string, options: IdentifierSetOptions = {}): IdentifierSet {
    return new IdentifierSet(scope, id, {
      ...options,
      managed: ManagedDataIdentifier.known(ManagedDataIdentifierCategory.CREDENTIALS),
      notCovered: ['passwords', 'connection strings', 'tokens of services that Macie has no identifier for'],
    });
  }

  /** All card and bank account numbers that Macie knows. */
  public static financial(scope: Construct, id: string, options: CountryIdentifierSetOptions = {}): IdentifierSet {
    const all = ManagedDataIdentifier.known(ManagedDataIdentifierCategory.FINANCIAL);
    return new IdentifierSet(scope, id, {
      ...options,
      managed: within(scope, all, options.countries),
      notCovered: [
        'bank accounts of countries that Macie has no identifier for',
        'security identification numbers, wallets, amounts and balances',
      ],
    });
  }

  /** The identifiers that Macie has. */
  public readonly managedDataIdentifiers: ManagedDataIdentifier[];

  /** The identifiers that the set has made in the stack for what Macie lacks. */
  public readonly customDataIdentifiers: ICustomDataIdentifier[];

  /** What the set does not find, in words. */
  public readonly notCovered: string[];

  private constructor(scope: Construct, id: string, { managed, custom = {}, notCovered, session }: Preset) {
    super(scope, id);
    this.managedDataIdentifiers = managed;
    this.customDataIdentifiers = Object.entries(custom).map(
      ([name, props]) => new CustomDataIdentifier(this, name, { ...props, session }),
    );
    this.notCovered = notCovered;
  }
}

function preset(name: string): ManagedDataIdentifier[] {
  return data.identifiers.filter(({ presets }) => presets.includes(name)).map(({ id }) => ManagedDataIdentifier.of(id));
}

function within(scope: Construct, all: ManagedDataIdentifier[], countries?: string[]): ManagedDataIdentifier[] {
  if (countries === undefined) return all;
  const known = new Set(all.flatMap((one) => one.countries));
  const unknown = countries.find((country) => !known.has(country));
  if (unknown !== undefined || countries.length === 0) {
    const given = unknown === undefined ? 'no country is given' : `Macie has nothing of '${unknown}' in this set`;
    throw validationError('MACIE-IDENTIFIER-COUNTRY', `${given}; choose from ${[...known].sort().join(', ')}`, scope);
  }
  // The card of the European Union belongs to all of its countries.
  const isMeant = (country: string) => country === 'EU' || countries.includes(country);
  return all.filter((one) => one.countries.length === 0 || one.countries.some(isMeant));
}
