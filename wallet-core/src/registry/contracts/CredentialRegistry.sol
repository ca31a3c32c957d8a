// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity 0.8.37;

/// @notice What this registry needs of a DID registry.
interface IdentityOwners {
    function identityOwner(address identity) external view returns (address);
}

/// @title What a verifier asks about an issuer: accreditations, anchors, status digests, retirement.
/// @notice Identities are those of a DID registry, and whoever owns an identity there acts for it here. Each write has a form
/// signed by the owner (EIP-712), which anyone may submit. All a verifier needs is in storage; events are only an index.
/// Nothing here is personal data or an unsalted hash of it.
contract CredentialRegistry {
    /// @notice One period in which `subject` holds an accreditation from `accreditor`; two slots.
    /// @param under Whoever accredited the accreditor; zero when the accreditor acts as a root.
    /// @param from The first second it is good for.
    /// @param until The first second it is no longer good for.
    /// @param revoked When it was revoked; zero while it was not.
    /// @param parent The number of the accreditor's own period, among those it holds from `under`.
    /// @param levels How many further levels the subject may accredit; zero for an issuer.
    struct Accreditation {
        address under;
        uint48 from;
        uint48 until;
        uint48 revoked;
        uint32 parent;
        uint8 levels;
    }

    /// @notice When something was written; one slot.
    struct Moment {
        uint64 blockNumber;
        uint64 time;
    }

    /// @notice The digest of an issuer's current status list, and when and how often it was set; two slots.
    struct Status {
        bytes32 digest;
        uint64 blockNumber;
        uint64 time;
        uint64 version;
    }

    /// @notice The most levels an accreditation may leave below it.
    uint8 public constant MAX_LEVELS = 7;

    bytes32 private constant DOMAIN =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    bytes32 private constant ACCREDIT = keccak256(
        "Accredit(address accreditor,address subject,bytes32 kind,address under,uint32 parent,uint48 from,uint48 until,uint8 levels,uint256 nonce)"
    );
    bytes32 private constant REVOKE =
        keccak256("RevokeAccreditation(address accreditor,address subject,bytes32 kind,uint32 number,uint256 nonce)");
    bytes32 private constant ANCHOR = keccak256("Anchor(address issuer,bytes32 root,uint256 nonce)");
    bytes32 private constant SET_STATUS =
        keccak256("SetStatus(address issuer,bytes32 list,bytes32 digest,uint256 nonce)");
    bytes32 private constant RETIRE = keccak256("Retire(address identity,uint256 nonce)");

    /// @notice The DID registry that says who owns an identity.
    IdentityOwners public immutable didRegistry;

    /// @dev Periods by keccak256(abi.encode(accreditor, subject, kind)). Slot 0.
    mapping(bytes32 => Accreditation[]) private periods;

    /// @notice When an issuer anchored a Merkle root; zeros for never. Slot 1.
    mapping(address => mapping(bytes32 => Moment)) public anchors;

    /// @notice The digest of an issuer's current status list, by the hash of the list's URL. Slot 2.
    mapping(address => mapping(bytes32 => Status)) public statuses;

    /// @notice When an identity retired for good; zeros for never. Slot 3.
    mapping(address => Moment) public retired;

    /// @notice How many signed writes an identity has made; part of the next one's signed bytes. Slot 4.
    mapping(address => uint256) public nonces;

    event Accredited(address indexed accreditor, address indexed subject, bytes32 indexed kind, uint32 number);
    event AccreditationRevoked(
        address indexed accreditor, address indexed subject, bytes32 indexed kind, uint32 number
    );
    event Anchored(address indexed issuer, bytes32 indexed root);
    event StatusSet(address indexed issuer, bytes32 indexed list, bytes32 digest, uint64 version);
    event Retired(address indexed identity);

    error NotOwner();
    error BadSignature();
    error IsRetired();
    error BadPeriod();
    error NotAccredited();
    error OutlivesParent();
    error TooManyLevels();
    error AlreadyRevoked();
    error AlreadyAnchored();

    constructor(IdentityOwners registry) {
        didRegistry = registry;
    }

    /// @dev Lets the owner of `identity` act for it, until it retires.
    modifier onlyOwner(address identity) {
        if (msg.sender != didRegistry.identityOwner(identity)) revert NotOwner();
        if (retired[identity].blockNumber != 0) revert IsRetired();
        _;
    }

    /// @dev Lets anyone act for `identity` with its owner's signature, until it retires, and spends the nonce it signed.
    modifier onlySigned(address identity, bytes32 write, bytes memory signature) {
        _spend(identity, write, signature);
        if (retired[identity].blockNumber != 0) revert IsRetired();
        _;
    }

    /// @notice Accredits `subject` for credentials of `kind`, in a new period, and returns the period's number.
    /// @param accreditation `revoked` is ignored. With `under` zero the accreditor acts as a root, which counts for verifiers
    /// who chose that root; otherwise the accreditor's own period `parent` under `under` must be good now, contain the new one,
    /// and leave more levels than it.
    function accredit(address accreditor, address subject, bytes32 kind, Accreditation calldata accreditation)
        external
        onlyOwner(accreditor)
        returns (uint32)
    {
        return _accredit(accreditor, subject, kind, accreditation);
    }

    /// @notice As `accredit`, signed by the accreditor's owner and sent by anyone.
    function accreditSigned(
        address accreditor,
        address subject,
        bytes32 kind,
        Accreditation calldata accreditation,
        bytes calldata signature
    ) external onlySigned(accreditor, _hash(accreditor, subject, kind, accreditation), signature) returns (uint32) {
        return _accredit(accreditor, subject, kind, accreditation);
    }

    /// @notice Revokes a period now; what was done in it before stays good.
    function revokeAccreditation(address accreditor, address subject, bytes32 kind, uint32 number)
        external
        onlyOwner(accreditor)
    {
        _revoke(accreditor, subject, kind, number);
    }

    /// @notice As `revokeAccreditation`, signed by the accreditor's owner and sent by anyone.
    function revokeAccreditationSigned(
        address accreditor,
        address subject,
        bytes32 kind,
        uint32 number,
        bytes calldata signature
    )
        external
        onlySigned(
            accreditor,
            keccak256(abi.encode(REVOKE, accreditor, subject, kind, number, nonces[accreditor])),
            signature
        )
    {
        _revoke(accreditor, subject, kind, number);
    }

    /// @notice Anchors a Merkle root, once.
    function anchor(address issuer, bytes32 root) external onlyOwner(issuer) {
        _anchor(issuer, root);
    }

    /// @notice As `anchor`, signed by the issuer's owner and sent by anyone.
    function anchorSigned(address issuer, bytes32 root, bytes calldata signature)
        external
        onlySigned(issuer, keccak256(abi.encode(ANCHOR, issuer, root, nonces[issuer])), signature)
    {
        _anchor(issuer, root);
    }

    /// @notice Sets the digest of the current status list whose URL hashes to `list`.
    function setStatus(address issuer, bytes32 list, bytes32 digest) external onlyOwner(issuer) {
        _setStatus(issuer, list, digest);
    }

    /// @notice As `setStatus`, signed by the issuer's owner and sent by anyone.
    function setStatusSigned(address issuer, bytes32 list, bytes32 digest, bytes calldata signature)
        external
        onlySigned(issuer, keccak256(abi.encode(SET_STATUS, issuer, list, digest, nonces[issuer])), signature)
    {
        _setStatus(issuer, list, digest);
    }

    /// @notice Retires an identity for good: nothing more is written in its name.
    function retire(address identity) external onlyOwner(identity) {
        _retire(identity);
    }

    /// @notice As `retire`, signed by the identity's owner and sent by anyone.
    function retireSigned(address identity, bytes calldata signature)
        external
        onlySigned(identity, keccak256(abi.encode(RETIRE, identity, nonces[identity])), signature)
    {
        _retire(identity);
    }

    /// @notice How many periods `subject` has held from `accreditor` for `kind`.
    function accreditationCount(address accreditor, address subject, bytes32 kind) external view returns (uint256) {
        return periods[_key(accreditor, subject, kind)].length;
    }

    /// @notice One of those periods, counted from zero.
    function accreditationOf(address accreditor, address subject, bytes32 kind, uint32 number)
        external
        view
        returns (Accreditation memory)
    {
        return periods[_key(accreditor, subject, kind)][number];
    }

    /// @notice Whether a period and every one above it, up to `root`, were good at `time`, with nobody among them retired.
    /// @param root Whom the caller trusts to accredit for `kind`.
    function accredited(address root, address accreditor, address subject, bytes32 kind, uint32 number, uint256 time)
        external
        view
        returns (bool)
    {
        for (uint256 level = 0; level <= MAX_LEVELS; level++) {
            Accreditation[] storage held = periods[_key(accreditor, subject, kind)];
            if (number >= held.length || !_good(held[number], time) || _retiredAt(subject, time)) return false;
            Accreditation storage period = held[number];
            if (period.under == address(0)) return accreditor == root && !_retiredAt(root, time);
            (accreditor, subject, number) = (period.under, accreditor, period.parent);
        }
        return false;
    }

    /// @notice The EIP-712 domain of this contract on this chain.
    function domainSeparator() public view returns (bytes32) {
        return keccak256(
            abi.encode(DOMAIN, keccak256("CredentialRegistry"), keccak256("1"), block.chainid, address(this))
        );
    }

    function _accredit(address accreditor, address subject, bytes32 kind, Accreditation calldata a)
        private
        returns (uint32 number)
    {
        if (a.from >= a.until || a.until <= block.timestamp) revert BadPeriod();
        if (a.levels > MAX_LEVELS) revert TooManyLevels();
        if (a.under != address(0)) {
            Accreditation[] storage held = periods[_key(a.under, accreditor, kind)];
            if (a.parent >= held.length || !_good(held[a.parent], block.timestamp)) revert NotAccredited();
            if (a.from < held[a.parent].from || a.until > held[a.parent].until) revert OutlivesParent();
            if (a.levels >= held[a.parent].levels) revert TooManyLevels();
        }
        Accreditation[] storage given = periods[_key(accreditor, subject, kind)];
        number = uint32(given.length);
        given.push(Accreditation(a.under, a.from, a.until, 0, a.under == address(0) ? 0 : a.parent, a.levels));
        emit Accredited(accreditor, subject, kind, number);
    }

    function _revoke(address accreditor, address subject, bytes32 kind, uint32 number) private {
        Accreditation[] storage given = periods[_key(accreditor, subject, kind)];
        if (number >= given.length) revert NotAccredited();
        if (given[number].revoked != 0) revert AlreadyRevoked();
        given[number].revoked = uint48(block.timestamp);
        emit AccreditationRevoked(accreditor, subject, kind, number);
    }

    function _anchor(address issuer, bytes32 root) private {
        if (anchors[issuer][root].blockNumber != 0) revert AlreadyAnchored();
        anchors[issuer][root] = _now();
        emit Anchored(issuer, root);
    }

    function _setStatus(address issuer, bytes32 list, bytes32 digest) private {
        uint64 version = statuses[issuer][list].version + 1;
        statuses[issuer][list] = Status(digest, uint64(block.number), uint64(block.timestamp), version);
        emit StatusSet(issuer, list, digest, version);
    }

    function _retire(address identity) private {
        retired[identity] = _now();
        emit Retired(identity);
    }

    function _now() private view returns (Moment memory) {
        return Moment(uint64(block.number), uint64(block.timestamp));
    }

    function _key(address accreditor, address subject, bytes32 kind) private pure returns (bytes32) {
        return keccak256(abi.encode(accreditor, subject, kind));
    }

    function _good(Accreditation storage a, uint256 time) private view returns (bool) {
        return a.from <= time && time < a.until && (a.revoked == 0 || time < a.revoked);
    }

    function _retiredAt(address identity, uint256 time) private view returns (bool) {
        Moment storage moment = retired[identity];
        return moment.blockNumber != 0 && moment.time <= time;
    }

    function _hash(address accreditor, address subject, bytes32 kind, Accreditation calldata a)
        private
        view
        returns (bytes32)
    {
        bytes memory head = abi.encode(ACCREDIT, accreditor, subject, kind, a.under, a.parent);
        return keccak256(bytes.concat(head, abi.encode(a.from, a.until, a.levels, nonces[accreditor])));
    }

    /// @dev Checks that the owner of `identity` signed `write` with its current nonce, which is then spent.
    function _spend(address identity, bytes32 write, bytes memory signature) private {
        if (signature.length != 65) revert BadSignature();
        bytes32 r;
        bytes32 s;
        uint8 v = uint8(signature[64]);
        assembly ("memory-safe") {
            r := mload(add(signature, 32))
            s := mload(add(signature, 64))
        }
        address signer = ecrecover(keccak256(abi.encodePacked("\x19\x01", domainSeparator(), write)), v, r, s);
        if (signer == address(0) || signer != didRegistry.identityOwner(identity)) revert BadSignature();
        nonces[identity]++;
    }
}
