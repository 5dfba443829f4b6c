// The webhook's own certificates, made without anybody's help.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dunlin::manager {

using CertificateTime = std::chrono::sys_seconds;

// All PEM.
struct ServingCertificate {
  std::string certificate;
  std::string key;        // a secret
  std::string authority;  // whose signature is on it, and whose key nobody has any longer
};

// An authority and a certificate by it for the names (DNS names or IP addresses), good from an hour ago. The
// authority's key exists only while this runs: nobody can sign anything else with it. Throws Failure (internal).
ServingCertificate make_serving_certificate(const std::vector<std::string>& names, CertificateTime now,
                                            std::chrono::days good_for);

// When the first certificate of a PEM text ends; empty when it is none.
std::optional<CertificateTime> end_of_certificate(std::string_view pem);
// The certificate is for every one of the names.
bool certificate_names(std::string_view pem, const std::vector<std::string>& names);
// One of the authorities has signed the first certificate.
bool signed_by_one_of(std::string_view pem, std::string_view authorities_pem);
// The key is the certificate's.
bool key_belongs_to(std::string_view certificate_pem, std::string_view key_pem);
// Each certificate of a PEM text on its own.
std::vector<std::string> split_certificates(std::string_view pem);

}  // namespace dunlin::manager
