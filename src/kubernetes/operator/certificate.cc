#include "kubernetes/operator/certificate.h"

#include <memory>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include "dunlin/error.h"

namespace dunlin::manager {
namespace {

template <auto Free>
struct Freed {
  template <typename Object>
  void operator()(Object* object) const noexcept {
    Free(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freed<X509_free>>;
using Memory = std::unique_ptr<BIO, Freed<BIO_free_all>>;
using Extension = std::unique_ptr<X509_EXTENSION, Freed<X509_EXTENSION_free>>;

[[noreturn]] void fail() {
  char words[256] = "out of memory";
  if (const auto code = ERR_get_error(); code != 0) ERR_error_string_n(code, words, sizeof words);
  throw Failure(ErrorKind::internal, fmt::format("no certificate can be made: {}", words));
}

template <typename Result>
Result needed(Result result) {
  if (!result) fail();
  return result;
}

Memory reading(std::string_view text) {
  return needed(Memory(BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))));
}

std::string text_of(const Memory& memory) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

std::string pem_of(X509* certificate) {
  const Memory memory = needed(Memory(BIO_new(BIO_s_mem())));
  needed(PEM_write_bio_X509(memory.get(), certificate));
  return text_of(memory);
}

std::string pem_of(EVP_PKEY* key) {
  // Secure memory is wiped when it is freed.
  const Memory memory = needed(Memory(BIO_new(BIO_s_secmem())));
  needed(PEM_write_bio_PKCS8PrivateKey(memory.get(), key, nullptr, nullptr, 0, nullptr, nullptr));
  return text_of(memory);
}

Certificate parsed(std::string_view pem) {
  const Memory memory = reading(pem);
  Certificate certificate(PEM_read_bio_X509(memory.get(), nullptr, nullptr, nullptr));
  ERR_clear_error();
  return certificate;
}

void extend(X509* certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()));
  needed(extension.get());
  needed(X509_add_ext(certificate, extension.get(), -1));
}

bool is_address(const std::string& name) {
  unsigned char bytes[16];
  return ::inet_pton(AF_INET, name.c_str(), bytes) == 1 || ::inet_pton(AF_INET6, name.c_str(), bytes) == 1;
}

Certificate unsigned_certificate(EVP_PKEY* key, const std::string& subject, CertificateTime now,
                                 std::chrono::days good_for) {
  Certificate certificate = needed(Certificate(X509_new()));
  needed(X509_set_version(certificate.get(), X509_VERSION_3));
  unsigned char serial[16];
  needed(RAND_bytes(serial, sizeof serial) == 1);
  serial[0] &= 0x7F;
  const std::unique_ptr<BIGNUM, Freed<BN_free>> number(needed(BN_bin2bn(serial, sizeof serial, nullptr)));
  needed(BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate.get())));
  // An API server's clock may be behind ours.
  const auto begin = (now - std::chrono::hours{1}).time_since_epoch().count();
  const auto end = (now + good_for).time_since_epoch().count();
  needed(ASN1_TIME_set(X509_getm_notBefore(certificate.get()), begin));
  needed(ASN1_TIME_set(X509_getm_notAfter(certificate.get()), end));
  X509_NAME* name = X509_get_subject_name(certificate.get());
  const auto* text = reinterpret_cast<const unsigned char*>(subject.c_str());
  needed(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, text, -1, -1, 0));
  needed(X509_set_pubkey(certificate.get(), key));
  return certificate;
}

}  // namespace

ServingCertificate make_serving_certificate(const std::vector<std::string>& names, CertificateTime now,
                                            std::chrono::days good_for) {
  const Key authority_key = needed(Key(EVP_EC_gen("P-256")));
  const Certificate authority = unsigned_certificate(authority_key.get(), "dunlin-operator authority", now, good_for);
  needed(X509_set_issuer_name(authority.get(), X509_get_subject_name(authority.get())));
  extend(authority.get(), authority.get(), NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
  extend(authority.get(), authority.get(), NID_key_usage, "critical,keyCertSign");
  extend(authority.get(), authority.get(), NID_subject_key_identifier, "hash");
  needed(X509_sign(authority.get(), authority_key.get(), EVP_sha256()));

  const Key key = needed(Key(EVP_EC_gen("P-256")));
  // A common name has 64 characters; the names that count are the alternative ones.
  const Certificate certificate = unsigned_certificate(key.get(), "dunlin-operator", now, good_for);
  needed(X509_set_issuer_name(certificate.get(), X509_get_subject_name(authority.get())));
  std::string alternatives;
  for (const std::string& name : names) {
    alternatives += fmt::format("{}{}:{}", alternatives.empty() ? "" : ",", is_address(name) ? "IP" : "DNS", name);
  }
  extend(certificate.get(), authority.get(), NID_basic_constraints, "critical,CA:FALSE");
  extend(certificate.get(), authority.get(), NID_key_usage, "critical,digitalSignature");
  extend(certificate.get(), authority.get(), NID_ext_key_usage, "serverAuth");
  extend(certificate.get(), authority.get(), NID_subject_alt_name, alternatives);
  extend(certificate.get(), authority.get(), NID_authority_key_identifier, "keyid");
  needed(X509_sign(certificate.get(), authority_key.get(), EVP_sha256()));
  return {.certificate = pem_of(certificate.get()), .key = pem_of(key.get()), .authority = pem_of(authority.get())};
}

std::optional<CertificateTime> end_of_certificate(std::string_view pem) {
  const Certificate certificate = parsed(pem);
  if (!certificate) return std::nullopt;
  std::tm time{};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate.get()), &time) != 1) return std::nullopt;
  return CertificateTime{std::chrono::seconds{::timegm(&time)}};
}

bool certificate_names(std::string_view pem, const std::vector<std::string>& names) {
  const Certificate certificate = parsed(pem);
  if (!certificate) return false;
  for (const std::string& name : names) {
    const bool named = is_address(name) ? X509_check_ip_asc(certificate.get(), name.c_str(), 0) == 1
                                        : X509_check_host(certificate.get(), name.data(), name.size(), 0, nullptr) == 1;
    if (!named) return false;
  }
  return true;
}

bool signed_by_one_of(std::string_view pem, std::string_view authorities_pem) {
  const Certificate certificate = parsed(pem);
  if (!certificate) return false;
  for (const std::string& each : split_certificates(authorities_pem)) {
    const Certificate authority = parsed(each);
    const bool its = authority && X509_check_issued(authority.get(), certificate.get()) == X509_V_OK &&
                     X509_verify(certificate.get(), X509_get0_pubkey(authority.get())) == 1;
    ERR_clear_error();
    if (its) return true;
  }
  return false;
}

bool key_belongs_to(std::string_view certificate_pem, std::string_view key_pem) {
  const Certificate certificate = parsed(certificate_pem);
  const Memory memory = reading(key_pem);
  const Key key(PEM_read_bio_PrivateKey(memory.get(), nullptr, nullptr, nullptr));
  const bool belongs = certificate && key && X509_check_private_key(certificate.get(), key.get()) == 1;
  ERR_clear_error();
  return belongs;
}

std::vector<std::string> split_certificates(std::string_view pem) {
  constexpr std::string_view kBegin = "-----BEGIN CERTIFICATE-----";
  constexpr std::string_view kEnd = "-----END CERTIFICATE-----";
  std::vector<std::string> certificates;
  while (true) {
    const std::size_t begin = pem.find(kBegin);
    const std::size_t end = pem.find(kEnd, begin == std::string_view::npos ? pem.size() : begin);
    if (begin == std::string_view::npos || end == std::string_view::npos) return certificates;
    certificates.push_back(std::string(pem.substr(begin, end + kEnd.size() - begin)) + "\n");
    pem.remove_prefix(end + kEnd.size());
  }
}

}  // namespace dunlin::manager
