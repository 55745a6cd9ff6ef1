#!/usr/bin/env bash
# What workspaces may reach. Matched by source pool, so the rules hold for every bridge, now and later:
#   first quarter of WORKSPACE_POOL: none, second: registries (not yet open), third: internet, fourth: guacd.
# guacd may open connections to the desktops of workspaces (VNC, RDP and their sound), to RDP in CLOUD_NETWORKS, and to
# nothing else; nobody in the pool may open one to guacd.
# Run by `labyard up`; on a remote Docker host run it by hand (WORKSPACE_POOL=… EGRESS_ALLOW=… EGRESS_DENY=… deploy/firewall.sh),
# and again after a reboot. `deploy/firewall.sh remove` takes everything away.

# Where a workspace with internet must never get to: the host's own nets, metadata services, the campus, other
# workspaces, multicast. 100.64.0.0/10 holds Alibaba Cloud's metadata address 100.100.100.200.
FIREWALL_CLOSED=(0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24
  192.168.0.0/16 198.18.0.0/15 224.0.0.0/4 240.0.0.0/4)

firewall_pools() { # sets POOL, POOL_NONE, POOL_REGISTRIES, POOL_INTERNET and POOL_GUACD
  local pool=${WORKSPACE_POOL:-10.87.0.0/16}
  if ! [[ $pool =~ ^([0-9]+)\.([0-9]+)\.0\.0/16$ ]]; then
    echo "WORKSPACE_POOL must look like 10.87.0.0/16, not $pool" >&2
    return 1
  fi
  local head=${BASH_REMATCH[1]}.${BASH_REMATCH[2]}
  POOL=$pool POOL_NONE=$head.0.0/18 POOL_REGISTRIES=$head.64.0/18 POOL_INTERNET=$head.128.0/18
  POOL_GUACD=$head.192.0/18
}

# Name servers of the host: Docker's resolver asks them from inside the container's network.
firewall_nameservers() {
  awk '$1 == "nameserver" && $2 ~ /^[0-9.]+$/ && $2 !~ /^127\./ {print $2}' /etc/resolv.conf
  printf '%s\n' "${WORKSPACE_DNS:-}" | tr ',' '\n' | grep -E '^[0-9.]+$' || true
}

CONSOLE_PORTS=5901,3389,4713

firewall_rules() {
  local net server workspaces=(-s "$POOL_GUACD" -p tcp -m multiport --dports "$CONSOLE_PORTS")
  # Newer engines drop, before any other rule, what goes to a container and does not come from its own bridge.
  if has_raw; then
    echo '*raw'
    echo ':LABYARD-RAW - [0:0]'
    for net in "$POOL_NONE" "$POOL_REGISTRIES" "$POOL_INTERNET"; do
      echo "-A LABYARD-RAW ${workspaces[*]} -d $net -j ACCEPT"
    done
    echo COMMIT
  fi
  # A workspace without a way out has no route back to guacd either: to it, guacd has the address of its bridge.
  echo '*nat'
  echo ':LABYARD-NAT - [0:0]'
  for net in "$POOL_NONE" "$POOL_REGISTRIES" "$POOL_INTERNET"; do
    echo "-A LABYARD-NAT ${workspaces[*]} -d $net -j MASQUERADE"
  done
  # A VPC knows the host, and not the pool.
  for net in $(tr , " " <<<"${CLOUD_NETWORKS:-}"); do
    echo "-A LABYARD-NAT -s $POOL_GUACD -d $net -p tcp --dport 3389 -j MASQUERADE"
  done
  echo COMMIT
  echo '*filter'
  echo ':LABYARD-FORWARD - [0:0]'
  echo ':LABYARD-INPUT - [0:0]'
  echo "-A LABYARD-INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT"
  # Accepted here, because the engine lets no bridge speak to another.
  echo "-A LABYARD-FORWARD -d $POOL_GUACD -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT"
  for net in "$POOL_NONE" "$POOL_REGISTRIES" "$POOL_INTERNET"; do
    echo "-A LABYARD-FORWARD ${workspaces[*]} -d $net -j ACCEPT"
  done
  for net in $(tr , " " <<<"${CLOUD_NETWORKS:-}"); do
    echo "-A LABYARD-FORWARD -s $POOL_GUACD -d $net -p tcp --dport 3389 -j RETURN"
  done
  echo "-A LABYARD-FORWARD -s $POOL_GUACD -j REJECT --reject-with icmp-net-prohibited"
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

# table, chain of the engine's or the system's, who is sent on, and our chain. In `filter`, ours comes first.
firewall_jumps() {
  echo "filter INPUT $POOL LABYARD-INPUT"
  echo "filter DOCKER-USER $POOL LABYARD-FORWARD"
  echo "nat POSTROUTING $POOL_GUACD LABYARD-NAT"
  ! has_raw || echo "raw PREROUTING $POOL_GUACD LABYARD-RAW"
}

has_raw() { iptables -w -t raw -S PREROUTING >/dev/null 2>&1; }

firewall_in_place() {
  firewall_pools || return 1
  local mark rules table chain from ours
  rules=$(firewall_rules)
  mark=labyard-$(sha256sum <<<"$rules" | cut -c1-16)
  while read -r table chain from ours; do
    iptables -w -t "$table" -C "$chain" -s "$from" -m comment --comment "$mark" -j "$ours" 2>/dev/null || return 1
    [[ $table != filter || $(iptables -w -S "$chain" 1) == *"$mark"* ]] || return 1
    [[ $(iptables -w -t "$table" -S "$ours" | wc -l) -eq $((1 + $(grep -c -e "^-A $ours " <<<"$rules"))) ]] || return 1
  done < <(firewall_jumps)
}

# Old jumps go only after the new ones stand: no moment without rules.
firewall_apply() {
  firewall_pools || return 1
  firewall_in_place && return 0
  local mark table chain from ours
  mark=labyard-$(firewall_rules | sha256sum | cut -c1-16)
  iptables -w -N DOCKER-USER 2>/dev/null || true
  firewall_rules | iptables-restore -w --noflush || return 1
  while read -r table chain from ours; do
    iptables -w -t "$table" -I "$chain" 1 -s "$from" -m comment --comment "$mark" -j "$ours"
    firewall_drop_jumps "$table" "$chain" 2
  done < <(firewall_jumps)
}

# firewall_drop_jumps TABLE CHAIN FROM: delete our jumps from the FROMth rule on.
firewall_drop_jumps() {
  local number
  while number=$(iptables -w -t "$1" -S "$2" 2>/dev/null | grep '^-A' | grep -n -E -- '-j LABYARD-(INPUT|FORWARD|NAT|RAW)$' |
    cut -d: -f1 | awk -v from="$3" '$1 >= from' | tail -n 1) && [[ -n $number ]]; do
    iptables -w -t "$1" -D "$2" "$number"
  done
}

firewall_remove() {
  have_iptables && firewall_pools || return 0
  local table chain from ours
  while read -r table chain from ours; do
    firewall_drop_jumps "$table" "$chain" 1
    iptables -w -t "$table" -F "$ours" 2>/dev/null || true
    iptables -w -t "$table" -X "$ours" 2>/dev/null || true
  done < <(firewall_jumps)
}

have_iptables() { command -v iptables >/dev/null 2>&1; }

if [[ ${BASH_SOURCE[0]} == "$0" ]]; then
  set -euo pipefail
  if [[ ${1:-} == remove ]]; then firewall_remove; else firewall_apply; fi
fi
