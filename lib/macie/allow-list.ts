import { Names, Lazy, Stack, Token } from 'aws-cdk-lib';
import type * as kms from 'aws-cdk-lib/aws-kms';
import { CfnAllowList } from 'aws-cdk-lib/aws-macie';
import { Construct } from 'constructs';
import type { IConstruct, IDependable } from 'constructs';
import { waitForSession } from './after-session';
import type { AllowListWords } from './allow-list-words';
import { checkRegex } from './identifier-regex';
import type { IMacieSession } from './macie-session';
import { checkAtSynth } from '../private/checks';
import { validationError } from '../private/errors';
import { macieDecryption } from '../private/macie-service-role';
import { addToPolicyOf } from '../private/resource-policy';
import { isSamePlace } from '../private/same-place';

/** Texts that are known and harmless, so that Macie passes over them. */
export interface IAllowList extends IConstruct {
  /** The ID that jobs and automated discovery name it by. */
  readonly allowListId: string;
}

/** What all allow lists have in common. */
export interface AllowListOptions {
  /**
   * The name, 1 to 128 characters.
   *
   * @default - made of the construct's path
   */
  readonly allowListName?: string;

  /**
   * What the texts are, 1 to 512 characters.
   *
   * @default - no description
   */
  readonly description?: string;

  /**
   * The session that it waits for.
   *
   * @default - the session of the same stack, if there is one
   */
  readonly session?: IMacieSession;
}

/** Texts by their form. */
export interface RegexAllowListProps extends AllowListOptions {
  /**
   * What the texts look like: a regular expression of up to 512 characters, within the limits of custom data identifiers.
   *
   * @see https://docs.aws.amazon.com/macie/latest/user/allow-lists-options.html
   */
  readonly regex: string;
}

/** Texts one by one. */
export interface WordsAllowListProps extends AllowListOptions {
  /** Where the texts are. */
  readonly words: AllowListWords;
}

/** @see https://docs.aws.amazon.com/macie/latest/user/macie-quotas.html */
const MOST_OF_A_KIND = 5;

/** @see https://docs.aws.amazon.com/macie/latest/user/allow-lists.html */
const REGIONS_WITHOUT = ['ap-northeast-3'];

interface Criteria {
  readonly kind: 'regex' | 'words';
  readonly criteria: CfnAllowList.CriteriaProperty;
  readonly encryptionKey?: kms.IKey;
}

/**
 * Texts that Macie is to pass over: test data, the public number of the company.
 *
 * An account has up to five lists by regular expression and five of words in a Region. Macie reads a list of words when
 * a job or a day of discovery starts, and goes on without it if it can not.
 *
 * @see https://docs.aws.amazon.com/macie/latest/user/allow-lists.html
 */
export class AllowList extends Construct implements IAllowList {
  /** A list that something else has made. */
  public static fromAllowListId(scope: Construct, id: string, allowListId: string): IAllowList {
    class Import extends Construct implements IAllowList {
      public readonly allowListId = allowListId;
    }
    return new Import(scope, id);
  }

  /** Texts by their form. */
  public static regex(scope: Construct, id: string, props: RegexAllowListProps): AllowList {
    const list = new AllowList(scope, id, props, () => ({ kind: 'regex', criteria: { regex: props.regex } }));
    checkRegex(list, props.regex);
    return list;
  }

  /**
   * Texts one by one, matched whole and in any case.
   *
   * Whoever deploys the stack, by default the role that CloudFormation works with, has to be allowed to read the file and
   * to decrypt with its key: Macie reads it in that name.
   *
   * @see https://docs.aws.amazon.com/macie/latest/user/security_iam_service-with-iam.html
   */
  public static words(scope: Construct, id: string, props: WordsAllowListProps): AllowList {
    return new AllowList(scope, id, props, (list) => {
      const { bucketName, objectKey, encryptionKey } = props.words.bind(list);
      return { kind: 'words', criteria: { s3WordsList: { bucketName, objectKey } }, encryptionKey };
    });
  }

  public readonly allowListId: string;

  /** The ARN of the list. */
  public readonly allowListArn: string;

  private readonly kind: 'regex' | 'words';

  private constructor(scope: Construct, id: string, props: AllowListOptions, bind: (list: AllowList) => Criteria) {
    super(scope, id);
    requireLength(this, 'the name', props.allowListName, 128);
    requireLength(this, 'description', props.description, 512);
    const { kind, criteria, encryptionKey } = bind(this);
    this.kind = kind;
    this.requireRoom();

    // A list can not change its kind: under another logical id CloudFormation makes another one.
    const resource: CfnAllowList = new CfnAllowList(this, kind === 'regex' ? 'Regex' : 'WordList', {
      name:
        props.allowListName ??
        Lazy.string({ produce: () => Names.uniqueResourceName(resource, { maxLength: 128, separator: '-' }) }),
      description: props.description,
      criteria,
    });
    this.node.defaultChild = resource;
    this.allowListId = resource.attrId;
    this.allowListArn = resource.attrArn;
    if (encryptionKey) resource.node.addDependency(...letMacieDecrypt(this, encryptionKey));
    waitForSession(resource, props.session);
    checkAtSynth(this, [{ resource }]);
    this.node.addValidation({ validate: () => findMissingRegion(this) });
  }

  private requireRoom(): void {
    const same = this.node.root.node
      .findAll()
      .filter((other) => other instanceof AllowList && other.kind === this.kind && isSamePlace(other, this));
    if (same.length <= MOST_OF_A_KIND) return;
    throw validationError(
      'MACIE-ALLOW-LIST-QUOTA',
      `this is the ${same.length}th list by ${this.kind} in its account and Region; ${MOST_OF_A_KIND} are allowed`,
      this,
    );
  }
}

function letMacieDecrypt(list: AllowList, key: kms.IKey): IDependable[] {
  return addToPolicyOf(list, key, [macieDecryption(list)]);
}

function requireLength(scope: Construct, what: string, text: string | undefined, most: number): void {
  if (text === undefined || Token.isUnresolved(text) || (text.length >= 1 && text.length <= most)) return;
  throw validationError(
    'MACIE-ALLOW-LIST-LIMITS',
    `${what} has ${text.length} characters; 1 to ${most} are allowed`,
    scope,
  );
}

function findMissingRegion(list: AllowList): string[] {
  const { region } = Stack.of(list);
  return REGIONS_WITHOUT.includes(region) ? [`MACIE-ALLOW-LIST-REGION: Macie has no allow lists in ${region}`] : [];
}
