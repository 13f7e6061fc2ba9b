import type { Problem, Rule } from '../rule';
import { mskGuide } from './cluster-facts';

const TARGET = 'AWS::ApplicationAutoScaling::ScalableTarget';
const POLICY = 'AWS::ApplicationAutoScaling::ScalingPolicy';
const TRACKING = 'TargetTrackingScalingPolicyConfiguration';

export const volumeScaling: Rule = {
  id: 'MSK-VOLUME-SCALING',
  title: 'Volumes of brokers grow to 16,384 GiB at most, once they are 10 to 80 percent full',
  remedy: 'Use a largest volume and a target within these ranges',
  basis: 'service',
  severity: 'error',
  appliesTo: [TARGET, POLICY],
  sources: [mskGuide('msk-autoexpand'), mskGuide('msk-autoexpand-setup')],
  check(resource) {
    const problems: Problem[] = [];
    const largest = resource.number('MaxCapacity');
    const ofVolumes = resource.text('ScalableDimension') === 'kafka:broker-storage:VolumeSize';
    if (ofVolumes && largest !== undefined && !(Number.isInteger(largest) && largest >= 1 && largest <= 16384)) {
      const message = `a volume can not grow to ${largest} GiB`;
      problems.push({ path: 'MaxCapacity', message, fix: 'use 1 to 16384 whole GiB' });
    }
    const metric = resource.text(`${TRACKING}.PredefinedMetricSpecification.PredefinedMetricType`);
    const path = `${TRACKING}.TargetValue`;
    const target = resource.number(path);
    if (metric === 'KafkaBrokerStorageUtilization' && target !== undefined && (target < 10 || target > 80)) {
      const message = `a target of ${target} percent of a volume is refused`;
      problems.push({ path, message, fix: 'use 10 to 80' });
    }
    return problems;
  },
};
