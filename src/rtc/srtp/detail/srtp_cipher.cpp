// SHA1_Init and its kind are deprecated for EVP, which would allocate for each packet.
#define OPENSSL_SUPPRESS_DEPRECATED

#include "rtc/srtp/detail/srtp_cipher.hpp"

#include <openssl/crypto.h>

#include <algorithm>
#include <cstdlib>

namespace shelcaster::rtc {
namespace {

constexpr std::size_t kKeyBytes = 16;
constexpr std::size_t kGcmSaltBytes = 12;
constexpr std::size_t kCounterSaltBytes = 14;
constexpr std::size_t kAuthKeyBytes = 20;
constexpr std::size_t kHmacBlockBytes = 64;

void require(bool succeeded) {
  if (!succeeded) std::abort();
}

const unsigned char* raw(base::ByteSpan bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}
int length(base::ByteSpan bytes) { return static_cast<int>(bytes.size()); }

std::array<std::byte, 4> big_endian(std::uint32_t word) {
  std::array<std::byte, 4> bytes{};
  base::ByteWriter(bytes).u32(word);
  return bytes;
}

// RFC 3711 §4.3.3: the key stream of AES in counter mode with the master key, from the master salt
// with the label in its eighth byte. The salt of GCM is two bytes shorter and is padded with zeros
// on its right (RFC 7714 §11).
void derive(base::ByteSpan key_salt, unsigned label, std::span<unsigned char> out) {
  std::array<unsigned char, 16> iv{};
  const base::ByteSpan salt = key_salt.subspan(kKeyBytes);
  std::copy_n(raw(salt), salt.size(), iv.begin());
  iv[7] = static_cast<unsigned char>(iv[7] ^ label);

  const std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> context(
      EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
  std::fill(out.begin(), out.end(), static_cast<unsigned char>(0));
  int written = 0;
  require(EVP_EncryptInit_ex(context.get(), EVP_aes_128_ctr(), nullptr, raw(key_salt), iv.data()) ==
          1);
  require(EVP_EncryptUpdate(context.get(), out.data(), &written, out.data(),
                            static_cast<int>(out.size())) == 1);
  OPENSSL_cleanse(iv.data(), iv.size());
}

}  // namespace

SrtpCipher::SrtpCipher(SrtpProfile profile, base::ByteSpan key_salt, Stream stream,
                       Direction direction)
    : is_gcm_(profile == SrtpProfile::kAeadAes128Gcm),
      stream_(stream),
      context_(EVP_CIPHER_CTX_new()) {
  require(key_salt.size() == key_salt_bytes(profile));
  const auto label = static_cast<unsigned>(stream);
  std::array<unsigned char, kKeyBytes> key{};
  derive(key_salt, label, key);
  std::array<unsigned char, kAuthKeyBytes> auth_key{};
  derive(key_salt, label + 1, auth_key);
  derive(key_salt, label + 2, std::span(salt_).first(is_gcm_ ? kGcmSaltBytes : kCounterSaltBytes));

  // Counter mode is its own inverse; GCM's direction decides what is authenticated.
  const int is_sealing = !is_gcm_ || direction == Direction::kSeal ? 1 : 0;
  require(EVP_CipherInit_ex(context_.get(), is_gcm_ ? EVP_aes_128_gcm() : EVP_aes_128_ctr(),
                            nullptr, key.data(), nullptr, is_sealing) == 1);
  start_hmac(auth_key);
  OPENSSL_cleanse(key.data(), key.size());
  OPENSSL_cleanse(auth_key.data(), auth_key.size());
}

SrtpCipher::~SrtpCipher() {
  OPENSSL_cleanse(salt_.data(), salt_.size());
  OPENSSL_cleanse(&inner_, sizeof inner_);
  OPENSSL_cleanse(&outer_, sizeof outer_);
}

// RFC 2104: H(key ⊕ opad ‖ H(key ⊕ ipad ‖ text)). Both first blocks are hashed here, once.
void SrtpCipher::start_hmac(std::span<const unsigned char> key) noexcept {
  std::array<unsigned char, kHmacBlockBytes> inner_pad{};
  std::array<unsigned char, kHmacBlockBytes> outer_pad{};
  std::copy(key.begin(), key.end(), inner_pad.begin());
  std::copy(key.begin(), key.end(), outer_pad.begin());
  for (unsigned char& byte : inner_pad) byte = static_cast<unsigned char>(byte ^ 0x36U);
  for (unsigned char& byte : outer_pad) byte = static_cast<unsigned char>(byte ^ 0x5cU);
  SHA1_Init(&inner_);
  SHA1_Update(&inner_, inner_pad.data(), inner_pad.size());
  SHA1_Init(&outer_);
  SHA1_Update(&outer_, outer_pad.data(), outer_pad.size());
  OPENSSL_cleanse(inner_pad.data(), inner_pad.size());
  OPENSSL_cleanse(outer_pad.data(), outer_pad.size());
}

SrtpCipher::Digest SrtpCipher::hmac(base::ByteSpan plain, base::ByteSpan text,
                                    std::uint32_t word) const noexcept {
  const auto word_bytes = big_endian(word);
  Digest digest{};
  SHA_CTX context = inner_;
  SHA1_Update(&context, plain.data(), plain.size());
  SHA1_Update(&context, text.data(), text.size());
  SHA1_Update(&context, word_bytes.data(), word_bytes.size());
  SHA1_Final(digest.data(), &context);
  context = outer_;
  SHA1_Update(&context, digest.data(), digest.size());
  SHA1_Final(digest.data(), &context);
  return digest;
}

// Counter mode (RFC 3711 §4.1.1): salt·2^16 ⊕ SSRC·2^64 ⊕ index·2^16, in 128 bits. GCM (RFC 7714
// §8.1, §9.1): the same layout without the counter's two bytes and two zero bytes less before it.
SrtpCipher::Iv SrtpCipher::make_iv(std::uint32_t ssrc, std::uint64_t index) const noexcept {
  std::array<std::byte, 10> fields{};
  base::ByteWriter writer(fields);
  writer.u32(ssrc);
  writer.u16(static_cast<std::uint16_t>(index >> 32U));
  writer.u32(static_cast<std::uint32_t>(index));

  Iv iv{};
  std::copy(salt_.begin(), salt_.end(), iv.begin());
  const std::size_t at = (is_gcm_ ? kGcmSaltBytes : kCounterSaltBytes) - fields.size();
  for (std::size_t i = 0; i < fields.size(); ++i) {
    iv[at + i] = static_cast<unsigned char>(iv[at + i] ^ std::to_integer<unsigned>(fields[i]));
  }
  return iv;
}

bool SrtpCipher::start_gcm(const Iv& iv, base::ByteSpan plain, std::uint32_t word) noexcept {
  EVP_CIPHER_CTX* context = context_.get();
  int written = 0;
  if (EVP_CipherInit_ex(context, nullptr, nullptr, nullptr, iv.data(), -1) != 1) return false;
  if (EVP_CipherUpdate(context, nullptr, &written, raw(plain), length(plain)) != 1) return false;
  // RTP has its rollover counter in the IV; RTCP authenticates its index (RFC 7714 §9.2).
  if (stream_ == Stream::kRtp) return true;
  const auto word_bytes = big_endian(word);
  return EVP_CipherUpdate(context, nullptr, &written, raw(word_bytes), length(word_bytes)) == 1;
}

bool SrtpCipher::transform(std::span<std::byte> text) noexcept {
  if (text.empty()) return true;
  auto* bytes = reinterpret_cast<unsigned char*>(text.data());
  int written = 0;
  return EVP_CipherUpdate(context_.get(), bytes, &written, bytes, length(text)) == 1;
}

bool SrtpCipher::seal(std::uint32_t ssrc, std::uint64_t index, base::ByteSpan plain,
                      std::span<std::byte> text, std::uint32_t word,
                      std::span<std::byte> tag) noexcept {
  const Iv iv = make_iv(ssrc, index);
  if (is_gcm_) {
    std::array<unsigned char, 16> unused{};
    int written = 0;
    return start_gcm(iv, plain, word) && transform(text) &&
           EVP_CipherFinal_ex(context_.get(), unused.data(), &written) == 1 &&
           EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_AEAD_GET_TAG, static_cast<int>(tag.size()),
                               tag.data()) == 1;
  }
  if (EVP_CipherInit_ex(context_.get(), nullptr, nullptr, nullptr, iv.data(), -1) != 1 ||
      !transform(text)) {
    return false;
  }
  const Digest digest = hmac(plain, text, word);
  std::copy_n(reinterpret_cast<const std::byte*>(digest.data()), tag.size(), tag.begin());
  return true;
}

bool SrtpCipher::open(std::uint32_t ssrc, std::uint64_t index, base::ByteSpan plain,
                      std::span<std::byte> text, std::uint32_t word, base::ByteSpan tag) noexcept {
  const Iv iv = make_iv(ssrc, index);
  if (is_gcm_) {
    std::array<unsigned char, 16> expected{};
    std::copy_n(raw(tag), tag.size(), expected.begin());
    std::array<unsigned char, 16> unused{};
    int written = 0;
    return start_gcm(iv, plain, word) && transform(text) &&
           EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_AEAD_SET_TAG, static_cast<int>(tag.size()),
                               expected.data()) == 1 &&
           EVP_CipherFinal_ex(context_.get(), unused.data(), &written) == 1;
  }
  const Digest digest = hmac(plain, text, word);
  if (CRYPTO_memcmp(digest.data(), tag.data(), tag.size()) != 0) return false;
  return EVP_CipherInit_ex(context_.get(), nullptr, nullptr, nullptr, iv.data(), -1) == 1 &&
         transform(text);
}

}  // namespace shelcaster::rtc
