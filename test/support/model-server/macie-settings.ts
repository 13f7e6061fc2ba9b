import { ServiceError } from './server';
import type { Behaviours } from './server';

export interface FakeDestination {
  readonly bucketName: string;
  readonly kmsKeyArn: string;
  readonly keyPrefix?: string;
}

interface Discovery {
  status: string;
  firstEnabledAt?: string;
  autoEnableOrganizationMembers?: string;
}

interface Template {
  description?: string;
  includes?: Record<string, string[]>;
  excludes?: Record<string, string[]>;
}

const SCOPE = 'scope1';
const TEMPLATE = 'template1';

/** The settings that one account has once in one Region. */
export class MacieSettings {
  public on = true;
  public destination?: FakeDestination;
  public publication = { publishPolicyFindings: true, publishClassificationFindings: false };
  public discovery: Discovery = { status: 'DISABLED' };
  public excludedBuckets: string[] = [];
  public template: Template = {};

  /** How many reads after turning discovery on still show neither scope nor template. */
  public readsUntilIds = 0;

  /** What somebody else does to the template right after each of these updates of ours. */
  public meddle: ((template: Template) => void)[] = [];

  public readonly behaviours: Behaviours = {
    GetClassificationExportConfiguration: () => {
      this.requireOn();
      return { configuration: this.destination ? { s3Destination: this.destination } : undefined };
    },

    PutClassificationExportConfiguration: ({ configuration }) => {
      this.requireOn();
      this.destination = configuration.s3Destination;
      return { configuration };
    },

    GetFindingsPublicationConfiguration: () => {
      this.requireOn();
      return { securityHubConfiguration: this.publication };
    },

    PutFindingsPublicationConfiguration: ({ securityHubConfiguration }) => {
      this.requireOn();
      this.publication = securityHubConfiguration;
    },

    GetAutomatedDiscoveryConfiguration: () => {
      this.requireOn();
      const wasOn = this.discovery.firstEnabledAt !== undefined && this.readsUntilIds-- <= 0;
      const ids = { classificationScopeId: SCOPE, sensitivityInspectionTemplateId: TEMPLATE };
      return { ...this.discovery, ...(wasOn ? ids : {}) };
    },

    UpdateAutomatedDiscoveryConfiguration: ({ status, autoEnableOrganizationMembers = 'ALL' }) => {
      this.requireOn();
      const firstEnabledAt =
        this.discovery.firstEnabledAt ?? (status === 'ENABLED' ? '2026-01-01T00:00:00Z' : undefined);
      this.discovery = { status, autoEnableOrganizationMembers, firstEnabledAt };
    },

    GetClassificationScope: ({ id }) => {
      this.requireThere(id, SCOPE);
      return { id, s3: { excludes: { bucketNames: this.excludedBuckets } } };
    },

    UpdateClassificationScope: ({ id, s3 }) => {
      this.requireThere(id, SCOPE);
      const { operation, bucketNames } = s3.excludes;
      const others = this.excludedBuckets.filter((name) => !bucketNames.includes(name));
      this.excludedBuckets = { ADD: [...others, ...bucketNames], REMOVE: others, REPLACE: bucketNames }[
        operation as 'ADD'
      ];
    },

    GetSensitivityInspectionTemplate: ({ id }) => {
      this.requireThere(id, TEMPLATE);
      return { ...this.template, sensitivityInspectionTemplateId: id };
    },

    UpdateSensitivityInspectionTemplate: ({ id, ...template }) => {
      this.requireThere(id, TEMPLATE);
      this.template = template;
      this.meddle.shift()?.(this.template);
    },
  };

  private requireThere(id: string, expected: string): void {
    this.requireOn();
    if (id !== expected) throw new ServiceError('ResourceNotFoundException', `there is no ${id}`);
  }

  private requireOn(): void {
    if (!this.on) throw new ServiceError('AccessDeniedException', 'Macie is not enabled');
  }
}
