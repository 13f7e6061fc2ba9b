import type { AcceptedIdentity } from '../cluster/client-identity';
import { AuthenticationMechanism } from '../cluster';
import { AWS_CONFIG_FOLDER } from './eks-pod-identity';
import type { BoundPodIdentity } from './eks-pod-identity';
import type { BoundEksScaling } from './eks-scaling';

/** What the objects of Kubernetes are made of. */
export interface ManifestParts {
  readonly name: string;
  readonly namespace: string;
  readonly image: string;
  readonly command?: string[];
  readonly args?: string[];
  readonly identity: AcceptedIdentity;
  readonly pod: BoundPodIdentity;
  readonly environment: Record<string, string>;
  /** Environment variables and the field of the secret that each has for its value. */
  readonly secretFields: Record<string, string>;
  readonly credentialsSecret?: string;
  readonly cpu: string;
  readonly memory: string;
  readonly stopSeconds: number;
  readonly scaling: BoundEksScaling;
  readonly bootstrapBrokers: string;
  readonly topics: string[];
  readonly consumerGroup: string;
  readonly region: string;
}

/** An object of Kubernetes. */
export type KubernetesObject = Record<string, unknown>;

/** All objects, in the order in which they can be applied. */
export function manifestOf(parts: ManifestParts): KubernetesObject[] {
  return [serviceAccount(parts), ...extraObjects(parts, 0), deployment(parts), ...extraObjects(parts, 1)];
}

/** Values in the form of the chart that `helm create` makes; `extraObjects` is what such charts render as it is. */
export function helmValuesOf(parts: ManifestParts): Record<string, unknown> {
  const { name, pod, scaling, image } = parts;
  return {
    fullnameOverride: name,
    ...(scaling.replicas === undefined ? {} : { replicaCount: scaling.replicas }),
    image: imageValues(image),
    serviceAccount: { create: true, name, annotations: pod.annotations },
    env: environment(parts),
    resources: resources(parts),
    securityContext: SECURITY_CONTEXT,
    podSecurityContext: POD_SECURITY_CONTEXT,
    volumes: volumes(parts),
    volumeMounts: volumeMounts(parts),
    autoscaling: { enabled: false },
    extraObjects: [...extraObjects(parts, 0), ...extraObjects(parts, 1)],
  };
}

const SECURITY_CONTEXT = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } };

const POD_SECURITY_CONTEXT = { seccompProfile: { type: 'RuntimeDefault' } };

function metadata({ name, namespace }: ManifestParts, more: object = {}): KubernetesObject {
  return { name, namespace, labels: { 'app.kubernetes.io/name': name }, ...more };
}

function serviceAccount(parts: ManifestParts): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: metadata(parts, { annotations: parts.pod.annotations }),
  };
}

function deployment(parts: ManifestParts): KubernetesObject {
  const { name, image, command, args, scaling, stopSeconds } = parts;
  const labels = { 'app.kubernetes.io/name': name };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: metadata(parts),
    spec: {
      // Where KEDA scales, a number here would set the pods back with each change.
      ...(scaling.replicas === undefined ? {} : { replicas: scaling.replicas }),
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          serviceAccountName: name,
          terminationGracePeriodSeconds: stopSeconds,
          securityContext: POD_SECURITY_CONTEXT,
          containers: [
            {
              name: 'client',
              image,
              ...(command && { command }),
              ...(args && { args }),
              env: environment(parts),
              resources: resources(parts),
              securityContext: SECURITY_CONTEXT,
              volumeMounts: volumeMounts(parts),
            },
          ],
          volumes: volumes(parts),
        },
      },
    },
  };
}

function environment(parts: ManifestParts): KubernetesObject[] {
  return [
    ...Object.entries(parts.environment).map(([name, value]) => ({ name, value })),
    ...Object.entries(parts.secretFields).map(([name, key]) => ({
      name,
      valueFrom: { secretKeyRef: { name: parts.credentialsSecret, key } },
    })),
  ];
}

function resources({ cpu, memory }: ManifestParts): KubernetesObject {
  return { requests: { cpu, memory }, limits: { memory } };
}

function volumes({ name, pod }: ManifestParts): KubernetesObject[] {
  return pod.awsConfig === undefined ? [] : [{ name: 'aws', configMap: { name: `${name}-aws` } }];
}

function volumeMounts({ pod }: ManifestParts): KubernetesObject[] {
  return pod.awsConfig === undefined ? [] : [{ name: 'aws', mountPath: AWS_CONFIG_FOLDER, readOnly: true }];
}

/** What a chart for one deployment does not have: before (0) and after (1) that. */
function extraObjects(parts: ManifestParts, when: 0 | 1): KubernetesObject[] {
  const { name, pod, scaling } = parts;
  if (when === 0) {
    const file = metadata(parts, { name: `${name}-aws` });
    return pod.awsConfig === undefined
      ? []
      : [{ apiVersion: 'v1', kind: 'ConfigMap', metadata: file, data: { config: pod.awsConfig } }];
  }
  return scaling.lag === undefined ? [] : [...triggerAuthentication(parts), scaledObject(parts, scaling.lag)];
}

/** @see https://keda.sh/docs/latest/concepts/authentication/ */
function triggerAuthentication(parts: ManifestParts): KubernetesObject[] {
  const { identity, secretFields, credentialsSecret } = parts;
  if (identity.mechanism !== AuthenticationMechanism.IAM && identity.secret === undefined) {
    return [];
  }
  const spec =
    identity.secret === undefined
      ? { podIdentity: { provider: 'aws' } }
      : {
          secretTargetRef: Object.values(secretFields).map((key) => ({
            parameter: PARAMETERS[key],
            name: credentialsSecret,
            key,
          })),
        };
  return [{ apiVersion: 'keda.sh/v1alpha1', kind: 'TriggerAuthentication', metadata: metadata(parts), spec }];
}

/** What KEDA calls the fields of a secret. */
const PARAMETERS: Record<string, string> = {
  username: 'username',
  password: 'password',
  certificate: 'cert',
  privateKey: 'key',
};

/** @see https://keda.sh/docs/latest/scalers/apache-kafka/ */
function scaledObject(parts: ManifestParts, lag: NonNullable<BoundEksScaling['lag']>): KubernetesObject {
  const { identity, topics, name } = parts;
  const authenticated = triggerAuthentication(parts).length > 0;
  return {
    apiVersion: 'keda.sh/v1alpha1',
    kind: 'ScaledObject',
    metadata: metadata(parts),
    spec: {
      scaleTargetRef: { name },
      minReplicaCount: lag.min,
      maxReplicaCount: lag.max,
      triggers: topics.map((topic) => ({
        type: 'kafka',
        metadata: {
          bootstrapServers: parts.bootstrapBrokers,
          consumerGroup: parts.consumerGroup,
          topic,
          lagThreshold: String(lag.recordsPerReplica),
          // Of a group that has not begun, all records are unread.
          offsetResetPolicy: 'earliest',
          // KEDA's own default is of a protocol that Kafka 4 has given up.
          version: '2.1.0',
          ...kedaSecurity(identity.mechanism, parts.region),
        },
        ...(authenticated && { authenticationRef: { name } }),
      })),
    },
  };
}

function kedaSecurity(mechanism: AuthenticationMechanism, awsRegion: string): Record<string, string> {
  switch (mechanism) {
    case AuthenticationMechanism.IAM:
      return { tls: 'enable', sasl: 'oauthbearer', saslTokenProvider: 'aws_msk_iam', awsRegion };
    case AuthenticationMechanism.SCRAM:
      return { tls: 'enable', sasl: 'scram_sha512' };
    case AuthenticationMechanism.PLAINTEXT:
      return {};
    default:
      return { tls: 'enable' };
  }
}

/** A digest or a tag, but not the port of a registry. */
function imageValues(image: string): KubernetesObject {
  const [, repository, separator, tag] = /^(.+?)(?:([:@])([^/]+))?$/.exec(image)!;
  return separator === '@' ? { repository, digest: tag } : { repository, ...(tag && { tag }) };
}
