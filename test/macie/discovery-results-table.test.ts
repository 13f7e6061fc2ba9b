import { Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { DiscoveryResultsExport, DiscoveryResultsTable } from '../../lib/macie';
import { app } from '../support/fixtures';

test('[S-28] discovery results are a table, with queries by bucket, category, severity and day', () => {
  const stack = new Stack(app(), 'Stack');
  const resultsExport = new DiscoveryResultsExport(stack, 'Results', { keyPrefix: 'macie' });
  const table = new DiscoveryResultsTable(stack, 'Table', { resultsExport });
  const template = Template.fromStack(stack);
  const queries = Object.values(template.findResources('AWS::Athena::NamedQuery')).map(({ Properties }) => Properties);
  expect(queries.map(({ Name }) => Name).sort()).toEqual([
    'macie-by-bucket',
    'macie-by-category',
    'macie-by-day',
    'macie-by-severity',
    'macie-not-read',
  ]);
  for (const { QueryString, WorkGroup } of queries) {
    expect(QueryString).toContain(`"${table.databaseName}"."discovery_results"`);
    expect(WorkGroup).toBe(table.workGroupName);
  }
  template.hasResourceProperties('AWS::Glue::Table', {
    TableInput: { StorageDescriptor: { Location: Match.objectLike({ 'Fn::Join': Match.anyValue() }) } },
  });
  template.hasResourceProperties('AWS::Athena::WorkGroup', {
    WorkGroupConfiguration: { EnforceWorkGroupConfiguration: true },
  });
});
