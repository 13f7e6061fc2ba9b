import { ServiceError } from './server';
import type { Behaviours } from './server';

const SERVICE_ROLE = 'arn:aws:iam::123456789012:role/aws-service-role/macie.amazonaws.com/AWSServiceRoleForAmazonMacie';

export interface FakeSession {
  findingPublishingFrequency: string;
  status: string;
}

/** The Macie session of one account in one Region. */
export class MacieAccount {
  public session?: FakeSession;

  /** How many reads after enabling still find Macie turned off. */
  public readsUntilVisible = 0;

  public readonly behaviours: Behaviours = {
    GetMacieSession: () => {
      const session = this.enabled();
      if (this.readsUntilVisible > 0) {
        this.readsUntilVisible--;
        throw turnedOff();
      }
      const time = '2026-01-01T00:00:00Z';
      return { ...session, serviceRole: SERVICE_ROLE, createdAt: time, updatedAt: time };
    },

    EnableMacie: ({ findingPublishingFrequency = 'SIX_HOURS', status = 'ENABLED' }) => {
      if (this.session) throw new ServiceError('ConflictException', 'Macie has already been enabled');
      this.session = { findingPublishingFrequency, status };
    },

    UpdateMacieSession: (change) => {
      Object.assign(this.enabled(), change);
    },

    DisableMacie: () => {
      this.enabled();
      this.session = undefined;
    },
  };

  private enabled(): FakeSession {
    if (!this.session) throw turnedOff();
    return this.session;
  }
}

function turnedOff(): ServiceError {
  return new ServiceError('AccessDeniedException', 'Macie is not enabled');
}
