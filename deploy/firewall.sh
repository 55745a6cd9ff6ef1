#!/usr/bin/env bash
# What workspaces may reach. Matched by source pool, so the rules hold for every bridge, now and later:
#   first quarter of WORKSPACE_POOL: none, second: registries (not yet open), third: internet, fourth: unused.
# Run by `labyard up`; on a remote Docker host run it by hand (WORKSPACE_POOL=… EGRESS_ALLOW=… EGRESS_DENY=… deploy/firewall.sh),
# and again after a reboot. `deploy/firewall.sh remove` takes everything away.

# Where a workspace with internet must never get to: the host's own nets, metadata services, the campus, other
# workspaces, multicast. 100.64.0.0/10 holds Alibaba Cloud's metadata address 100.100.100.200.
FIREWALL_CLOSED=(0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24
  192.168.0.0/16 198.18.0.0/15 224.0.0.0/4 240.0.0.0/4)

firewall_pools() { # sets POOL_NONE POOL_REGISTRIES POOL_INTERNET
  local pool=${WORKSPACE_POOL:-10.87.0.0/16}
  if ! [[ $pool =~ ^([0-9]+)\.([0-9]+)\.0\.0/16$ ]]; then
    echo "WORKSPACE_POOL must look like 10.87.0.0/16, not $pool" >&2
    return 1
  fi
  local head=${BASH_REMATCH[1]}.${BASH_REMATCH[2]}
  POOL=$pool POOL_NONE=$head.0.0/18 POOL_REGISTRIES=$head.64.0/18 POOL_INTERNET=$head.128.0/18
}

# Name servers of the host: Docker's resolver asks them from inside the container's network.
firewall_nameservers() {
  awk '$1 == "nameserver" && $2 ~ /^[0-9.]+$/ && $2 !~ /^127\./ {print $2}' /etc/resolv.conf
  printf '%s\n' "${WORKSPACE_DNS:-}" | tr ',' '\n' | grep -E '^[0-9.]+$' || true
}

firewall_rules() {
  local net server
  echo '*filter'
  echo ':LABYARD-FORWARD - [0:0]'
  echo ':LABYARD-INPUT - [0:0]'
  echo "-A LABYARD-INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT"
  echo "-A LABYARD-FORWARD -m conntrack --ctstate ESTABLISHED,RELATED -j RETURN"
  while read -r server; do
    [[ -n $server ]] || continue
    for net in udp tcp; do
      echo "-A LABYARD-FORWARD -s $POOL_INTERNET -d $server -p $net --dport 53 -j RETURN"
      echo "-A LABYARD-INPUT -s $POOL_INTERNET -d $server -p $net --dport 53 -j ACCEPT"
    done
  done < <(firewall_nameservers | sort -u)
  echo "-A LABYARD-INPUT -j REJECT --reject-with icmp-port-unreachable"
  for net in $(tr , " " <<<"${EGRESS_ALLOW:-}"); do
    echo "-A LABYARD-FORWARD -s $POOL_INTERNET -d $net -j RETURN"
  done
  for net in "${FIREWALL_CLOSED[@]}" "$POOL" $(tr , " " <<<"${EGRESS_DENY:-}"); do
    echo "-A LABYARD-FORWARD -s $POOL_INTERNET -d $net -j REJECT --reject-with icmp-net-prohibited"
  done
  # Mail from a classroom is spam.
  echo "-A LABYARD-FORWARD -s $POOL_INTERNET -p tcp --dport 25 -j REJECT --reject-with tcp-reset"
  echo "-A LABYARD-FORWARD -s $POOL_INTERNET -j RETURN"
  echo "-A LABYARD-FORWARD -j REJECT --reject-with icmp-net-prohibited"
  echo COMMIT
}

firewall_hash() { firewall_rules | sha256sum | cut -c1-16; }

firewall_in_place() {
  firewall_pools || return 1
  local mark
  mark=labyard-$(firewall_hash)
  iptables -w -C INPUT -s "$POOL" -m comment --comment "$mark" -j LABYARD-INPUT 2>/dev/null &&
    iptables -w -C DOCKER-USER -s "$POOL" -m comment --comment "$mark" -j LABYARD-FORWARD 2>/dev/null &&
    [[ $(iptables -w -S INPUT 1) == *"$mark"* && $(iptables -w -S DOCKER-USER 1) == *"$mark"* ]] &&
    [[ $(iptables -w -S LABYARD-FORWARD | wc -l) -eq $((1 + $(firewall_rules | grep -c '^-A LABYARD-FORWARD'))) ]] &&
    [[ $(iptables -w -S LABYARD-INPUT | wc -l) -eq $((1 + $(firewall_rules | grep -c '^-A LABYARD-INPUT'))) ]]
}

# Old jumps go only after the new ones stand: no moment without rules.
firewall_apply() {
  firewall_pools || return 1
  firewall_in_place && return 0
  local mark chain
  mark=labyard-$(firewall_hash)
  iptables -w -N DOCKER-USER 2>/dev/null || true
  firewall_rules | iptables-restore -w --noflush || return 1
  iptables -w -I INPUT 1 -s "$POOL" -m comment --comment "$mark" -j LABYARD-INPUT
  iptables -w -I DOCKER-USER 1 -s "$POOL" -m comment --comment "$mark" -j LABYARD-FORWARD
  for chain in INPUT DOCKER-USER; do
    firewall_drop_jumps "$chain" 2
  done
}

# firewall_drop_jumps CHAIN FROM: delete our jumps from the FROMth rule on.
firewall_drop_jumps() {
  local number
  while number=$(iptables -w -S "$1" 2>/dev/null | grep '^-A' | grep -n -E -- '-j LABYARD-(INPUT|FORWARD)$' |
    cut -d: -f1 | awk -v from="$2" '$1 >= from' | tail -n 1) && [[ -n $number ]]; do
    iptables -w -D "$1" "$number"
  done
}

firewall_remove() {
  have_iptables || return 0
  local chain
  for chain in INPUT DOCKER-USER; do firewall_drop_jumps "$chain" 1; done
  for chain in LABYARD-FORWARD LABYARD-INPUT; do
    iptables -w -F "$chain" 2>/dev/null || true
    iptables -w -X "$chain" 2>/dev/null || true
  done
}

have_iptables() { command -v iptables >/dev/null 2>&1; }

if [[ ${BASH_SOURCE[0]} == "$0" ]]; then
  set -euo pipefail
  if [[ ${1:-} == remove ]]; then firewall_remove; else firewall_apply; fi
fi
