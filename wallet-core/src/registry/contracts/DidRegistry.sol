// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity 0.8.37;

/// @title A DID registry with the interface of ERC-1056, whose event log can be proven complete.
/// @notice Every address is an identity and owns itself until it names another owner. Keys and services are events, linked
/// backwards block by block; `history` holds, for each identity, a running hash over all of its events, so that one storage
/// slot says whether a list of events is whole, in order and unaltered.
/// @dev Functions, events and the first four storage slots are those of ERC-1056. `history` is slot 4.
contract DidRegistry {
    /// @notice The owner an identity has named; zero while it owns itself. Slot 0.
    mapping(address => address) public owners;

    /// @notice The end of a delegate's validity, by identity, hashed kind and delegate. Slot 1.
    mapping(address => mapping(bytes32 => mapping(address => uint256))) public delegates;

    /// @notice The block of an identity's newest event; zero for none. Slot 2.
    mapping(address => uint256) public changed;

    /// @notice How many signed changes a signer has made; part of the next one's signed bytes. Slot 3.
    mapping(address => uint256) public nonce;

    /// @notice The running hash over an identity's events; zero for none. Slot 4.
    /// @dev After each event:
    /// `history = keccak256(abi.encode(history, block.number, block.timestamp, topic0, keccak256(data)))`,
    /// five words of 32 bytes, where `topic0` is the event's signature hash and `data` the log's data, byte for byte.
    mapping(address => bytes32) public history;

    event DIDOwnerChanged(address indexed identity, address owner, uint256 previousChange);

    event DIDDelegateChanged(
        address indexed identity, bytes32 delegateType, address delegate, uint256 validTo, uint256 previousChange
    );

    event DIDAttributeChanged(
        address indexed identity, bytes32 name, bytes value, uint256 validTo, uint256 previousChange
    );

    modifier onlyOwner(address identity, address actor) {
        require(actor == identityOwner(identity), "bad_actor");
        _;
    }

    /// @notice Who may change `identity` now.
    function identityOwner(address identity) public view returns (address) {
        address owner = owners[identity];
        return owner == address(0) ? identity : owner;
    }

    /// @notice Whether `delegate` may act for `identity` as `delegateType` now.
    function validDelegate(address identity, bytes32 delegateType, address delegate) public view returns (bool) {
        return delegates[identity][keccak256(abi.encode(delegateType))][delegate] > block.timestamp;
    }

    /// @notice Gives `identity` another owner; the zero address gives it up, until its own key takes it back.
    function changeOwner(address identity, address newOwner) external {
        _changeOwner(identity, msg.sender, newOwner);
    }

    /// @notice As `changeOwner`, signed by the owner and sent by anyone.
    function changeOwnerSigned(address identity, uint8 sigV, bytes32 sigR, bytes32 sigS, address newOwner) external {
        bytes memory change = abi.encodePacked("changeOwner", newOwner);
        _changeOwner(identity, _signer(identity, sigV, sigR, sigS, change), newOwner);
    }

    /// @notice Lets `delegate` act for `identity` as `delegateType` for `validity` seconds.
    function addDelegate(address identity, bytes32 delegateType, address delegate, uint256 validity) external {
        _addDelegate(identity, msg.sender, delegateType, delegate, validity);
    }

    /// @notice As `addDelegate`, signed by the owner and sent by anyone.
    function addDelegateSigned(
        address identity,
        uint8 sigV,
        bytes32 sigR,
        bytes32 sigS,
        bytes32 delegateType,
        address delegate,
        uint256 validity
    ) external {
        bytes memory change = abi.encodePacked("addDelegate", delegateType, delegate, validity);
        _addDelegate(identity, _signer(identity, sigV, sigR, sigS, change), delegateType, delegate, validity);
    }

    /// @notice Ends a delegate's validity now.
    function revokeDelegate(address identity, bytes32 delegateType, address delegate) external {
        _revokeDelegate(identity, msg.sender, delegateType, delegate);
    }

    /// @notice As `revokeDelegate`, signed by the owner and sent by anyone.
    function revokeDelegateSigned(
        address identity,
        uint8 sigV,
        bytes32 sigR,
        bytes32 sigS,
        bytes32 delegateType,
        address delegate
    ) external {
        bytes memory change = abi.encodePacked("revokeDelegate", delegateType, delegate);
        _revokeDelegate(identity, _signer(identity, sigV, sigR, sigS, change), delegateType, delegate);
    }

    /// @notice Publishes a key or a service for `validity` seconds.
    function setAttribute(address identity, bytes32 name, bytes calldata value, uint256 validity) external {
        _setAttribute(identity, msg.sender, name, value, validity);
    }

    /// @notice As `setAttribute`, signed by the owner and sent by anyone.
    function setAttributeSigned(
        address identity,
        uint8 sigV,
        bytes32 sigR,
        bytes32 sigS,
        bytes32 name,
        bytes calldata value,
        uint256 validity
    ) external {
        bytes memory change = abi.encodePacked("setAttribute", name, value, validity);
        _setAttribute(identity, _signer(identity, sigV, sigR, sigS, change), name, value, validity);
    }

    /// @notice Withdraws a key or a service.
    function revokeAttribute(address identity, bytes32 name, bytes calldata value) external {
        _revokeAttribute(identity, msg.sender, name, value);
    }

    /// @notice As `revokeAttribute`, signed by the owner and sent by anyone.
    function revokeAttributeSigned(
        address identity,
        uint8 sigV,
        bytes32 sigR,
        bytes32 sigS,
        bytes32 name,
        bytes calldata value
    ) external {
        bytes memory change = abi.encodePacked("revokeAttribute", name, value);
        _revokeAttribute(identity, _signer(identity, sigV, sigR, sigS, change), name, value);
    }

    function _changeOwner(address identity, address actor, address newOwner) private onlyOwner(identity, actor) {
        owners[identity] = newOwner;
        uint256 previous = _record(identity, DIDOwnerChanged.selector, abi.encode(newOwner, changed[identity]));
        emit DIDOwnerChanged(identity, newOwner, previous);
    }

    function _addDelegate(address identity, address actor, bytes32 delegateType, address delegate, uint256 validity)
        private
        onlyOwner(identity, actor)
    {
        _delegate(identity, delegateType, delegate, block.timestamp + validity);
    }

    function _revokeDelegate(address identity, address actor, bytes32 delegateType, address delegate)
        private
        onlyOwner(identity, actor)
    {
        _delegate(identity, delegateType, delegate, block.timestamp);
    }

    function _delegate(address identity, bytes32 delegateType, address delegate, uint256 validTo) private {
        delegates[identity][keccak256(abi.encode(delegateType))][delegate] = validTo;
        bytes memory data = abi.encode(delegateType, delegate, validTo, changed[identity]);
        uint256 previous = _record(identity, DIDDelegateChanged.selector, data);
        emit DIDDelegateChanged(identity, delegateType, delegate, validTo, previous);
    }

    function _setAttribute(address identity, address actor, bytes32 name, bytes calldata value, uint256 validity)
        private
        onlyOwner(identity, actor)
    {
        _attribute(identity, name, value, block.timestamp + validity);
    }

    function _revokeAttribute(address identity, address actor, bytes32 name, bytes calldata value)
        private
        onlyOwner(identity, actor)
    {
        _attribute(identity, name, value, 0);
    }

    function _attribute(address identity, bytes32 name, bytes calldata value, uint256 validTo) private {
        bytes memory data = abi.encode(name, value, validTo, changed[identity]);
        uint256 previous = _record(identity, DIDAttributeChanged.selector, data);
        emit DIDAttributeChanged(identity, name, value, validTo, previous);
    }

    /// @dev Folds one event into the running hash and links it to the one before, whose block it returns.
    function _record(address identity, bytes32 topic, bytes memory data) private returns (uint256 previous) {
        previous = changed[identity];
        history[identity] =
            keccak256(abi.encode(history[identity], block.number, block.timestamp, topic, keccak256(data)));
        changed[identity] = block.number;
    }

    /// @dev Recovers who signed `change` for `identity` as ERC-1056 lays it out, and spends that signer's nonce. The caller
    /// checks that the signer is the owner. A signature by nobody recovers to the zero address, which owns nothing.
    function _signer(address identity, uint8 sigV, bytes32 sigR, bytes32 sigS, bytes memory change)
        private
        returns (address signer)
    {
        bytes32 digest = keccak256(
            abi.encodePacked(bytes1(0x19), bytes1(0), address(this), nonce[identityOwner(identity)], identity, change)
        );
        signer = ecrecover(digest, sigV, sigR, sigS);
        require(signer != address(0) && signer == identityOwner(identity), "bad_signature");
        nonce[signer]++;
    }
}
