#include "rtc/peer/negotiation.hpp"

#include <utility>

namespace shelcaster::rtc {
namespace {

std::uint32_t make_ssrc(base::Random& random) {
  std::uint32_t ssrc = 0;
  while (ssrc == 0) ssrc = random.u32();
  return ssrc;
}

MediaConfig media_of(const RemoteDescription& remote, const LocalDescription& local,
                     base::Random& random) {
  MediaConfig media;
  media.remote_ssrc = remote.ssrc.value_or(0);
  media.local_ssrc = local.ssrc;
  media.first_sequence = make_first_sequence(random);
  media.first_timestamp = random.u32();
  media.cname = local.cname;
  return media;
}

}  // namespace

LocalDescription make_local_description(const DtlsCertificate& certificate,
                                        std::vector<net::Endpoint> host_candidates, bool send,
                                        bool receive, base::Random& random) {
  LocalDescription local;
  local.ice = make_ice_credentials(random);
  local.session_id = random.u64();
  local.fingerprint = certificate.fingerprint();
  local.host_candidates = std::move(host_candidates);
  local.send = send;
  local.receive = receive;
  local.ssrc = make_ssrc(random);
  local.cname = random.token(16);
  local.stream_id = random.token(16);
  local.track_id = random.token(16);
  return local;
}

base::Result<Agreement> agree_on_answer(std::string_view answer_sdp, const LocalDescription& local,
                                        const DtlsCertificate& certificate, base::Random& random) {
  const auto answer = parse_answer(answer_sdp);
  if (!answer) return tl::unexpected(answer.error());
  if (answer->candidates.empty()) {
    return base::fail("SDP: the answer has no UDP candidate with an address to send to");
  }
  Agreement agreed;
  agreed.transport = {.ice_role = IceRole::kClientControlling,
                      .dtls_role = offerer_dtls_role(answer->setup),
                      .local_ice = local.ice,
                      .remote_ice = answer->ice,
                      .remote_fingerprint = answer->fingerprint,
                      .certificate = &certificate,
                      .remote_candidates = answer->candidates};
  agreed.media = media_of(*answer, local, random);
  agreed.media.receive = local.receive && sends(answer->direction);
  agreed.media.send = local.send && receives(answer->direction);
  agreed.media.reception.payload_type = answer->opus.payload_type;
  agreed.media.reception.audio_level_id = answer->audio_level_id;
  agreed.media.send_payload_type = answer->opus.payload_type;
  return agreed;
}

Agreement agree_on_offer(const Offer& offer, const MadeAnswer& made, const LocalDescription& local,
                         const DtlsCertificate& certificate, base::Random& random) {
  Agreement agreed;
  agreed.transport = {.ice_role = IceRole::kServerLite,
                      .dtls_role = made.dtls_role,
                      .local_ice = local.ice,
                      .remote_ice = offer.ice,
                      .remote_fingerprint = offer.fingerprint,
                      .certificate = &certificate,
                      .remote_candidates = {}};
  agreed.media = media_of(offer, local, random);
  agreed.media.receive = made.receiving;
  agreed.media.send = made.sending;
  agreed.media.reception.payload_type = made.payload_type;
  agreed.media.reception.audio_level_id = made.audio_level_id;
  agreed.media.send_payload_type = made.payload_type;
  return agreed;
}

}  // namespace shelcaster::rtc
