// The mutating webhook: who has to wait.
#pragma once

#include <vector>

#include "kubernetes/operator/admission.h"
#include "kubernetes/operator/waiter_container.h"

namespace dunlin::manager {

// `migrators`: those of the request's namespace. A new pod gets a waiter for each that selects it, in front of its init
// containers, but behind native sidecars that stand first: the waiter may need the network that they make. A pod that
// has a waiter keeps it, so it does no harm to be asked again, and a pod that is being updated is never touched.
//
// Does nothing but answer: a dry run is like any other.
AdmissionAnswer inject(const AdmissionRequest&, const std::vector<const Migrator*>& migrators, const WaiterOptions&);

// It is a new pod, nothing exempts it, and none of `migrators` selects it: what inject() says of it is right only if
// these are all there are.
bool selected_by_none(const AdmissionRequest&, const std::vector<const Migrator*>& migrators);

// What it would have to wait for is not in the pod: inject() will ask for WaiterOptions::database_identity.
bool waits_for_database(const AdmissionRequest&, const std::vector<const Migrator*>& migrators);

// The pod must not start without a Migrator (the annotation `required`).
bool requires_migrator(const AdmissionRequest&);

}  // namespace dunlin::manager
