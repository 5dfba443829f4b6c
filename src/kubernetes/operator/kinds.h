// The kinds that the operator reads.
#pragma once

#include "kubernetes/client/resource.h"

namespace dunlin::manager {

inline constexpr kubernetes::Resource kMigrators{"migrations.coderanger.net", "v1beta1", "migrators", "Migrator"};

inline constexpr kubernetes::Resource kDeployments{"apps", "v1", "deployments", "Deployment"};
inline constexpr kubernetes::Resource kReplicaSets{"apps", "v1", "replicasets", "ReplicaSet"};
inline constexpr kubernetes::Resource kStatefulSets{"apps", "v1", "statefulsets", "StatefulSet"};
inline constexpr kubernetes::Resource kDaemonSets{"apps", "v1", "daemonsets", "DaemonSet"};
inline constexpr kubernetes::Resource kCronJobs{"batch", "v1", "cronjobs", "CronJob"};
inline constexpr kubernetes::Resource kConfigMaps{"", "v1", "configmaps", "ConfigMap"};
// Of API servers before 1.21.
inline constexpr kubernetes::Resource kOldCronJobs{"batch", "v1beta1", "cronjobs", "CronJob"};
inline constexpr kubernetes::Resource kRollouts{"argoproj.io", "v1alpha1", "rollouts", "Rollout"};

}  // namespace dunlin::manager
