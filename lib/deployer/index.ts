export { DeployerPolicy } from './deployer-policy';
