export { ClusterAlarms } from './cluster-alarms';
export type { ClusterAlarmsProps } from './cluster-alarms';
export { ClusterDashboard } from './cluster-dashboard';
export type { ClusterDashboardProps, DashboardConsumer } from './cluster-dashboard';
export { ConsumerAlarms } from './consumer-alarms';
export type { ConsumerAlarmsProps } from './consumer-alarms';
export { ConsumerLagAlarm } from './consumer-lag-alarm';
export type { ConsumerLagAlarmProps } from './consumer-lag-alarm';
