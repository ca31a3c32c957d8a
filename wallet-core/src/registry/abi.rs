//! Calls, answers, events and errors of the two contracts, as the ABI encodes them.

use alloy_sol_types::sol;

sol! {
    /// ERC-1056, with `history` added.
    interface DidRegistry {
        event DIDOwnerChanged(address indexed identity, address owner, uint256 previousChange);
        event DIDDelegateChanged(address indexed identity, bytes32 delegateType, address delegate, uint256 validTo, uint256 previousChange);
        event DIDAttributeChanged(address indexed identity, bytes32 name, bytes value, uint256 validTo, uint256 previousChange);

        function identityOwner(address identity) external view returns (address);
        function changed(address identity) external view returns (uint256);
        function nonce(address signer) external view returns (uint256);
        function history(address identity) external view returns (bytes32);

        function changeOwner(address identity, address newOwner) external;
        function changeOwnerSigned(address identity, uint8 sigV, bytes32 sigR, bytes32 sigS, address newOwner) external;
        function addDelegate(address identity, bytes32 delegateType, address delegate, uint256 validity) external;
        function addDelegateSigned(address identity, uint8 sigV, bytes32 sigR, bytes32 sigS, bytes32 delegateType, address delegate, uint256 validity) external;
        function revokeDelegate(address identity, bytes32 delegateType, address delegate) external;
        function revokeDelegateSigned(address identity, uint8 sigV, bytes32 sigR, bytes32 sigS, bytes32 delegateType, address delegate) external;
        function setAttribute(address identity, bytes32 name, bytes value, uint256 validity) external;
        function setAttributeSigned(address identity, uint8 sigV, bytes32 sigR, bytes32 sigS, bytes32 name, bytes value, uint256 validity) external;
        function revokeAttribute(address identity, bytes32 name, bytes value) external;
        function revokeAttributeSigned(address identity, uint8 sigV, bytes32 sigR, bytes32 sigS, bytes32 name, bytes value) external;
    }

    /// Accreditations, anchors, status digests, retirement.
    interface CredentialRegistry {
        event Accredited(address indexed accreditor, address indexed subject, bytes32 indexed kind, uint32 number);
        event Anchored(address indexed issuer, bytes32 indexed root);

        struct Accreditation {
            address under;
            uint48 from;
            uint48 until;
            uint48 revoked;
            uint32 parent;
            uint8 levels;
        }

        error NotOwner();
        error BadSignature();
        error IsRetired();
        error BadPeriod();
        error NotAccredited();
        error OutlivesParent();
        error TooManyLevels();
        error AlreadyRevoked();
        error AlreadyAnchored();

        function accredit(address accreditor, address subject, bytes32 kind, Accreditation accreditation) external returns (uint32);
        function accreditSigned(address accreditor, address subject, bytes32 kind, Accreditation accreditation, bytes signature) external returns (uint32);
        function revokeAccreditation(address accreditor, address subject, bytes32 kind, uint32 number) external;
        function revokeAccreditationSigned(address accreditor, address subject, bytes32 kind, uint32 number, bytes signature) external;
        function anchor(address issuer, bytes32 root) external;
        function anchorSigned(address issuer, bytes32 root, bytes signature) external;
        function setStatus(address issuer, bytes32 list, bytes32 digest) external;
        function setStatusSigned(address issuer, bytes32 list, bytes32 digest, bytes signature) external;
        function retire(address identity) external;
        function retireSigned(address identity, bytes signature) external;

        function accreditationCount(address accreditor, address subject, bytes32 kind) external view returns (uint256);
        function accreditationOf(address accreditor, address subject, bytes32 kind, uint32 number) external view returns (Accreditation);
        function accredited(address root, address accreditor, address subject, bytes32 kind, uint32 number, uint256 time) external view returns (bool);
        function anchors(address issuer, bytes32 root) external view returns (uint64 blockNumber, uint64 time);
        function statuses(address issuer, bytes32 list) external view returns (bytes32 digest, uint64 blockNumber, uint64 time, uint64 version);
        function retired(address identity) external view returns (uint64 blockNumber, uint64 time);
        function nonces(address identity) external view returns (uint256);
    }
}
