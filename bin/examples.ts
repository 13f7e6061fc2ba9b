import { App } from 'aws-cdk-lib';
import { addReferenceStacks } from '../examples';

addReferenceStacks(new App());
