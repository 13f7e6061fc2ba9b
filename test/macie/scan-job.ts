import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { BucketSelection, ClassificationJob, JobChange } from '../../lib/macie';
import type { ClassificationJobProps } from '../../lib/macie';
import { onlyOne, textOf } from '../support/fixtures';
import { MacieJobs } from '../support/model-server/macie-jobs';
import { loadModel, violations } from '../support/model-server/model';

export const JOB_TYPE = 'Custom::MacieClassificationJob';

const MODEL = loadModel('macie2');

/** The smallest job. */
export function classificationJob(scope: Stack, props: Partial<ClassificationJobProps> = {}, id = 'Job') {
  return new ClassificationJob(scope, id, {
    jobName: id,
    buckets: BucketSelection.named({ bucketNames: ['orders'] }),
    onDefinitionChange: JobChange.RESCAN,
    ...props,
  });
}

export function templateOf(stack: Stack): Template {
  App.of(stack)!.synth();
  return Template.fromStack(stack);
}

/** What the handler is told, with references as `<Id>`; whatever it is, the service must be ready to take it. */
export function definitionIn(stack: Stack): any {
  const definition = JSON.parse(textOf(onlyOne(templateOf(stack), JOB_TYPE).Properties.Definition));
  const input = { clientToken: 'x', ...definition };
  expect(violations(MODEL, 'CreateClassificationJobRequest', input)).toEqual([]);
  expect(new MacieJobs().behaviours.CreateClassificationJob(input)).toBeDefined();
  return definition;
}
