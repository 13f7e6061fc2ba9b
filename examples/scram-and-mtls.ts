import { CfnOutput, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { StackProps } from 'aws-cdk-lib';
import * as acmpca from 'aws-cdk-lib/aws-acmpca';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import {
  ClientAuthentication,
  ClientIdentity,
  KafkaTopic,
  KafkaVersion,
  LambdaConsumer,
  ProvisionedCluster,
  ScramUser,
} from '../lib';
import { bundledFunction, privateNetwork } from './parts';

/** A cluster for clients that have no IAM role: one comes in with a password, which changes, and one with a certificate. */
export class ScramAndMtls extends Stack {
  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props);

    const authority = this.authority();
    const cluster = new ProvisionedCluster(this, 'Payments', {
      vpc: privateNetwork(this),
      kafkaVersion: KafkaVersion.V3_9_X_KRAFT,
      authentication: [ClientAuthentication.scram(), ClientAuthentication.mutualTls([authority])],
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const payments = new KafkaTopic(this, 'Topic', { cluster, topicName: 'payments', partitions: 6 });

    const user = new ScramUser(this, 'Ledger', { cluster, userName: 'ledger', rotateEvery: Duration.days(30) });
    // It is filled by hand: a private key that CloudFormation made would stand in the template.
    const certificate = new secretsmanager.Secret(this, 'AuditCertificate', {
      description: 'certificate and privateKey of the client audit, as PEM',
      encryptionKey: new kms.Key(this, 'Key', { enableKeyRotation: true, removalPolicy: RemovalPolicy.DESTROY }),
      generateSecretString: { secretStringTemplate: '{"certificate":"to be issued"}', generateStringKey: 'privateKey' },
      removalPolicy: RemovalPolicy.DESTROY,
    });

    const handler = bundledFunction(this, 'PaymentLog', { timeout: Duration.seconds(30) });
    new LambdaConsumer(this, 'LedgerConsumer', {
      topic: payments,
      consumerGroup: 'ledger',
      handler,
      identity: ClientIdentity.scram(user),
    });
    new LambdaConsumer(this, 'AuditConsumer', {
      topic: payments,
      consumerGroup: 'audit',
      handler,
      identity: ClientIdentity.mutualTls(certificate),
    });

    new CfnOutput(this, 'BrokersForPasswords', {
      value: cluster.bootstrapBrokers.forIdentity(ClientIdentity.scram(user)),
    });
    new CfnOutput(this, 'BrokersForCertificates', {
      value: cluster.bootstrapBrokers.forIdentity(ClientIdentity.mutualTls(certificate)),
    });
    new CfnOutput(this, 'AuthorityArn', { value: authority.certificateAuthorityArn });
    new CfnOutput(this, 'CertificateSecret', { value: certificate.secretName });
    new CfnOutput(this, 'UserSecret', { value: user.secretName });
  }

  /** A root authority that is active before the cluster is created: Amazon MSK reads its certificate. */
  private authority(): acmpca.ICertificateAuthority {
    const algorithm = 'SHA256WITHRSA';
    const authority = new acmpca.CfnCertificateAuthority(this, 'Authority', {
      type: 'ROOT',
      keyAlgorithm: 'RSA_2048',
      signingAlgorithm: algorithm,
      subject: { commonName: 'Clients of payments' },
    });
    const root = new acmpca.CfnCertificate(this, 'AuthorityCertificate', {
      certificateAuthorityArn: authority.attrArn,
      certificateSigningRequest: authority.attrCertificateSigningRequest,
      signingAlgorithm: algorithm,
      templateArn: `arn:${this.partition}:acm-pca:::template/RootCACertificate/V1`,
      validity: { type: 'YEARS', value: 10 },
    });
    const active = new acmpca.CfnCertificateAuthorityActivation(this, 'AuthorityActivation', {
      certificateAuthorityArn: authority.attrArn,
      certificate: root.attrCertificate,
      status: 'ACTIVE',
    });
    // The reference of the activation is the ARN of the authority.
    return acmpca.CertificateAuthority.fromCertificateAuthorityArn(this, 'ActiveAuthority', active.ref);
  }
}
